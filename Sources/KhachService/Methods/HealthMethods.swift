internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `grpc.health.v1.Health`: whether calls should be sent here.
struct HealthMethods {
    private static let service = "grpc.health.v1.Health"

    /// Full names of the services that answer.
    let serving: Set<String>
    let readiness: Readiness

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "Check",
            needs: .nothing,
            .inPlace { (_, payload) throws(Status) in
                let request = try Grpc_Health_V1_HealthCheckRequest.request(payload)
                guard self.isKnown(request) else {
                    throw Status(
                        .notFound,
                        reason: "NOT_FOUND",
                        "service: the name of a service here expected, found another"
                    )
                }

                return try self.reply(self.status(of: request, self.readiness.value))
            }
        )
        rows.add(
            Self.service,
            "Watch",
            needs: .nothing,
            .serverStreaming { (_, payload, responses) async throws(Status) in
                try await self.watch(
                    try Grpc_Health_V1_HealthCheckRequest.request(payload),
                    responses
                )
            }
        )
    }

    /// Tells how it is, and whenever that changed; ends when the server leaves.
    private func watch(
        _ request: Grpc_Health_V1_HealthCheckRequest,
        _ responses: ResponseStream
    ) async throws(Status) {
        guard self.readiness.enter() else {
            throw Status(
                .resourceExhausted,
                reason: "TOO_MANY_WATCHERS",
                "\(Readiness.watchersMax) streams of health expected at most, found one more"
            )
        }
        defer { self.readiness.leave() }
        var told: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
        while true {
            let value = self.readiness.value
            let status = self.status(of: request, value)
            if status != told { try await responses.send(try self.reply(status)) }
            told = status
            guard value != .leaving else { return }

            await self.readiness.change(from: value)
            guard !Task.isCancelled else { throw Status(.cancelled, "the call is over") }
        }
    }

    private func isKnown(_ request: Grpc_Health_V1_HealthCheckRequest) -> Bool {
        // The empty name asks for the server as a whole.
        request.service.isEmpty || request.service == Self.service
            || self.serving.contains(request.service)
    }

    private func status(
        of request: Grpc_Health_V1_HealthCheckRequest,
        _ value: Readiness.Value
    ) -> Grpc_Health_V1_HealthCheckResponse.ServingStatus {
        guard self.isKnown(request) else { return .serviceUnknown }

        return value == .ready ? .serving : .notServing
    }

    private func reply(
        _ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus
    ) throws(Status) -> Payload {
        try Grpc_Health_V1_HealthCheckResponse.with { $0.status = status }.reply()
    }
}
