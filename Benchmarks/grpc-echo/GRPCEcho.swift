// The echo of the golden vectors over the gRPC listener of khachd: grpc-echo
//
// Serves until it is ended.

internal import Glibc
internal import KhachGRPC
internal import StreamingProto
internal import SwiftProtobuf
internal import TTRPC

@main
enum GRPCEcho {
    static func main() async throws {
        var methods = MethodTable()
        methods.add(
            "ttrpc.integration.streaming.Streaming",
            "Echo",
            .inPlace { (_, payload) throws(Status) in
                do {
                    var message = try Ttrpc_Integration_Streaming_EchoPayload(
                        serializedBytes: payload
                    )
                    message.seq += 1
                    return try message.serializedBytes()
                } catch {
                    throw Status(.invalidArgument, "an EchoPayload expected")
                }
            }
        )
        let listener = try GRPCListener(
            GRPCListener.Configuration(host: "127.0.0.1", port: 0),
            methods: methods,
            now: { MonotonicInstant(nanoseconds: 0) }
        )
        print("listening tcp:127.0.0.1:\(listener.port)")
        fflush(nil)
        try await listener.serve()
    }
}
