internal import TTRPC

/// What calls are called where they are told of: in errors, in the log and in spans.
///
/// A caller may have named its call; otherwise the name is made where it is first told, out of
/// where the call came from, so that it costs nothing until then and is the same everywhere.
struct CallNames: Sendable {
    private let process: String

    init(process: UInt32 = .random(in: .min ... .max)) {
        let digits = String(process, radix: 16)
        self.process = String(repeating: "0", count: 8 - digits.count) + digits
    }

    func name(_ origin: CallOrigin, _ metadata: Metadata) -> String {
        metadata.requestID ?? "\(self.process)-\(origin.connection)-\(origin.call)"
    }
}
