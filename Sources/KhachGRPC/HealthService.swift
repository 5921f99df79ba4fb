internal import GRPCCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `grpc.health.v1.Health` where a server drains: until then the table's `Check` answers.
///
/// A store whose commit failed ends the process, so a server that answers has a store that is well.
struct HealthService: RegistrableRPCService {
    static let name = "grpc.health.v1.Health"

    let serving: Serving
    /// Full names of what is served.
    let services: Set<String>

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        router.registerHandler(
            forMethod: MethodDescriptor(fullyQualifiedService: Self.name, method: "Watch"),
            deserializer: RawBytes(),
            serializer: RawBytes()
        ) { request, _ in
            let payload = try await ServerRequest(stream: request).message
            guard let question = try? Grpc_Health_V1_HealthCheckRequest(serializedBytes: payload)
            else {
                throw RPCError(code: .invalidArgument, message: "a HealthCheckRequest expected")
            }
            let isKnown = question.service.isEmpty || self.services.contains(question.service)
            return StreamingServerResponse { writer in
                try await writer.write(self.reply(isKnown))
                await self.untilDraining()
                if isKnown, !self.serving.isServing { try await writer.write(self.reply(true)) }
                return [:]
            }
        }
    }

    private func reply(_ isKnown: Bool) throws -> Payload {
        try Grpc_Health_V1_HealthCheckResponse.with { response in
            response.status =
                switch (isKnown, self.serving.isServing) {
                case (false, _): .serviceUnknown
                case (true, true): .serving
                case (true, false): .notServing
                }
        }.serializedBytes()
    }

    /// Returns at the end of the call too.
    private func untilDraining() async {
        let task = Task { await self.serving.untilDraining() }
        await withTaskCancellationHandler {
            await withRPCCancellationHandler {
                await task.value
            } onCancelRPC: {
                task.cancel()
            }
        } onCancel: {
            task.cancel()
        }
    }
}
