internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What caches changed without a network: `PushMutations` (sync.md G, N3).
struct OutboxMethods {
    private static let service = "khach.v1.SyncService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "PushMutations",
            needs: .permission([.edit, .block]),
            .unary { (_, payload) async throws(Status) in try await self.push(payload) }
        )
    }

    private func push(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 3, "mutations", 0...Limits.mutationsMax)
        let request = try Khach_V1_PushMutationsRequest.request(payload)
        return try await mapErrors {
            try self.checkGeneration(request)
            let answer = try await self.environment.store.push(
                try self.batch(request, payload),
                now: self.environment.now()
            )
            return try self.reply(answer, to: request)
        }
    }

    private func checkGeneration(
        _ request: Khach_V1_PushMutationsRequest
    ) throws(Status) {
        guard
            request.generation.isEmpty
                || request.generation.elementsEqual(self.environment.store.generation)
        else {
            throw Status(
                .failedPrecondition,
                reason: "GENERATION_CHANGED",
                "generation: the store's present one expected, found another"
            )
        }
    }

    private func reply(
        _ answer: PushAnswer,
        to request: Khach_V1_PushMutationsRequest
    ) throws(Status) -> Payload {
        switch answer {
        case .done(let outcomes, let last, let durable):
            return self.reply(outcomes, last, durable)
        case .gap(let expected):
            throw Status(
                .outOfRange,
                reason: "MUTATION_GAP",
                "mutations[0].mutation_id: at most \(expected) expected, found "
                    + "\(request.mutations.first?.mutationID ?? 0)",
                metadata: ["expected": String(expected)]
            )
        case .forked(let mutation):
            throw Status(
                .failedPrecondition,
                reason: "CLIENT_FORKED",
                "mutations[0]: what was sent before as \(mutation) expected, found another change",
                metadata: ["mutation_id": String(mutation)]
            )
        }
    }

    private func batch(
        _ request: Khach_V1_PushMutationsRequest,
        _ payload: Payload
    ) throws -> MutationBatch {
        let business = try BusinessID(request.businessID, field: "business_id")
        guard let client = ClientID(Array(request.clientID)) else {
            throw InputError(
                "client_id",
                "\(ClientID.bytesCount) bytes expected, found \(request.clientID.count)"
            )
        }
        let fingerprints = payload.withUnsafeBytes { bytes in
            ItemScan(bytes, field: 3, itemsMax: Limits.mutationsMax)?.items.map { range in
                self.environment.seal.seal([], context: Array(bytes[range]))
            } ?? []
        }
        var mutations: [ClientMutation] = []
        for (message, fingerprint) in zip(request.mutations, fingerprints) {
            guard (1...UInt64(Int64.max)).contains(message.mutationID) else {
                throw InputError(
                    "mutations[\(mutations.count)].mutation_id",
                    "1 to \(Int64.max) expected, found \(message.mutationID)"
                )
            }
            var mutation = ClientMutation(
                message,
                fingerprint: fingerprint,
                self.environment.detector
            )
            if !self.environment.caller.permissions.isSuperset(of: mutation.change.needs) {
                mutation.change = .refused(.forbidden)
            }
            mutations.append(mutation)
        }
        return MutationBatch(
            businessID: business,
            client: client,
            mutations: mutations,
            acknowledged: request.acknowledgedID
        )
    }

    /// `PushMutationsResponse`: outcomes = 1, last_mutation_id = 2, durable_mutation_id = 3,
    /// generation = 4.
    private func reply(_ outcomes: [[UInt8]], _ last: UInt64, _ durable: UInt64) -> Payload {
        var writer = PayloadWriter(capacity: outcomes.reduce(64) { $0 + $1.count + 4 })
        for outcome in outcomes {
            writer.write(outcome, field: 1)
        }
        writer.write(last, field: 2)
        writer.write(durable, field: 3)
        writer.write(self.environment.store.generation, field: 4)
        return writer.payload
    }
}

extension ClientMutation.Change {
    /// What its caller must be allowed.
    fileprivate var needs: Permissions {
        switch self {
        case .edit: .edit
        case .block: .block
        case .refused: []
        }
    }
}
