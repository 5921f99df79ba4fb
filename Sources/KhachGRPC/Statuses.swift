internal import GRPCCore
internal import NIOHPACK
internal import TTRPC

extension TTRPC.Status {
    private static let detailsKey = "grpc-status-details-bin"

    /// The same over gRPC: code, message, and the whole status where clients look for details.
    var overGRPC: RPCError {
        let code = GRPCCore.Status.Code(rawValue: Int(self.code.rawValue)) ?? .unknown
        var trailers = GRPCCore.Metadata()
        if !self.details.isEmpty {
            trailers.addBinary(Payload(self.encoded()).bytes, forKey: Self.detailsKey)
        }
        return RPCError(
            code: RPCError.Code(code) ?? .unknown,
            message: self.message,
            metadata: trailers
        )
    }

    /// The same as what HTTP/2 says at the end of a call; alone it is all that the call hears.
    func trailers(areAlone: Bool) -> HPACKHeaders {
        let error = self.overGRPC
        var trailers: HPACKHeaders =
            areAlone ? [":status": "200", "content-type": "application/grpc"] : [:]
        trailers.add(name: "grpc-status", value: "\(self.code.rawValue)")
        trailers.add(name: "grpc-message", value: Self.escaped(self.message))
        for (key, value) in error.metadata { trailers.add(name: key, value: value.encoded()) }
        return trailers
    }

    /// A text as gRPC puts it into a header: what ASCII does not print, and `%`, by its bytes.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += byte < 0x10 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return escaped
    }

    /// What the library found wrong with what a caller sent.
    init(_ error: RPCError) {
        self.init(Code(rawValue: Int32(error.code.rawValue)) ?? .unknown, error.message)
    }
}
