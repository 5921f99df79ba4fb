internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `grpc.health.v1.Health`.
struct HealthMethods {
    private static let service = "grpc.health.v1.Health"

    /// Full names of the services that answer.
    let serving: Set<String>

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "Check",
            needs: .nothing,
            .inPlace { (_, payload) throws(Status) in
                let request = try Grpc_Health_V1_HealthCheckRequest.request(payload)
                // The empty name asks for the server as a whole.
                guard
                    request.service.isEmpty || request.service == Self.service
                        || self.serving.contains(request.service)
                else {
                    throw Status(
                        .notFound,
                        reason: "NOT_FOUND",
                        "service: the name of a service here expected, found another"
                    )
                }
                return try Grpc_Health_V1_HealthCheckResponse.with { $0.status = .serving }.reply()
            }
        )
    }
}
