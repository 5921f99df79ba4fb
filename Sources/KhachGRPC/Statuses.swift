internal import GRPCCore
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

    /// What the library found wrong with what a caller sent.
    init(_ error: RPCError) {
        self.init(Code(rawValue: Int32(error.code.rawValue)) ?? .unknown, error.message)
    }
}
