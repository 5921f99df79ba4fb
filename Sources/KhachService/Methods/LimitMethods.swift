internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `GetLimits` of `khach.v1.DirectoryService`.
struct LimitMethods {
    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let limits =
            (EnforcedLimit.requests + EnforcedLimit.held + self.environment.surroundingLimits)
            .sorted { $0.name < $1.name }
        let reply = Self.reply(limits)
        rows.add(
            "khach.v1.DirectoryService",
            "GetLimits",
            needs: .oneOf(.all, over: .somePages),
            .inPlace { (_, payload) throws(Status) in
                _ = try Khach_V1_GetLimitsRequest.request(payload)
                return try reply.get()
            }
        )
    }

    /// The same for every call: encoded once.
    private static func reply(_ limits: [EnforcedLimit]) -> Result<Payload, Status> {
        Result { () throws(Status) in
            try Khach_V1_GetLimitsResponse.with { response in
                response.limits = limits.map { limit in
                    .with {
                        $0.name = limit.name
                        $0.value = Int64(limit.value)
                        $0.unit = Khach_V1_LimitUnit(limit.unit)
                    }
                }
            }.reply()
        }
    }
}

extension Khach_V1_LimitUnit {
    fileprivate init(_ unit: EnforcedLimit.Unit) {
        self =
            switch unit {
            case .count: .count
            case .bytes: .bytes
            case .milliseconds: .milliseconds
            case .codePoints: .codePoints
            case .days: .days
            }
    }
}
