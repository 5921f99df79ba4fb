internal import KhachProto
internal import SwiftProtobuf
package import TTRPC

/// A field of a request that broke a rule: which, what was expected and what was found.
struct InputError: Error, Hashable {
    var field: String
    var message: String

    init(_ field: String, _ message: String) {
        self.field = field
        self.message = message
    }
}

extension Status {
    /// The domain of every `ErrorInfo` that Khach sends.
    static let errorDomain = "customers.khach"

    /// A status with a stable reason for programs (AIP-193).
    init(_ code: Code, reason: String, _ message: String, metadata: [String: String] = [:]) {
        self.init(code, message)
        self.attach(
            Google_Rpc_ErrorInfo.with {
                $0.reason = reason
                $0.domain = Self.errorDomain
                $0.metadata = metadata
            }
        )
    }

    init(_ error: InputError) {
        self.init(.invalidArgument, reason: "INVALID_FIELD", "\(error.field): \(error.message)")
        self.attach(
            Google_Rpc_BadRequest.with {
                $0.fieldViolations = [
                    .with {
                        $0.field = error.field
                        $0.description_p = error.message
                    }
                ]
            }
        )
    }

    /// Why, for a program: one of the reasons that the code names, and no text of anybody's.
    package var reason: String? {
        self.details.first { $0.typeURL.hasSuffix("google.rpc.ErrorInfo") }
            .flatMap { try? Google_Rpc_ErrorInfo(serializedBytes: $0.value) }?.reason
    }

    mutating func attach(_ detail: some Message) {
        // Encoding a message that was just built from strings cannot fail; were it to, the status
        // itself is still true without its detail.
        guard let bytes: [UInt8] = try? detail.serializedBytes() else { return }

        self.details.append(
            Detail(
                typeURL: "type.googleapis.com/\(type(of: detail).protoMessageName)",
                value: bytes
            )
        )
    }
}
