internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.InteractionService`.
struct InteractionMethods {
    private static let service = "khach.v1.InteractionService"
    private static let interactionsField: UInt64 = 1

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "RecordInteractions",
            needs: .permission(.record),
            .unary { (context, payload) async throws(Status) in
                try await self.recordInteractions(context, payload)
            }
        )
    }

    /// One item of the request: what will be recorded, or what it was refused for.
    private enum Item {
        case valid(Interaction)
        case refused(Khach_V1_InteractionOutcome)
    }

    private func recordInteractions(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let items = try self.items(payload)
        let interactions = items.compactMap { item -> Interaction? in
            guard case .valid(let interaction) = item else { return nil }

            return interaction
        }
        let outcomes =
            interactions.isEmpty
            ? []
            : try await mapErrors {
                try await self.environment.store.record(interactions, now: self.environment.now())
            }
        guard outcomes.count == interactions.count else {
            throw Status(
                .internal,
                "\(interactions.count) outcomes expected, \(outcomes.count) found"
            )
        }

        var recorded = outcomes.makeIterator()
        let response = Khach_V1_RecordInteractionsResponse.with { response in
            response.outcomes = items.map { item in
                switch item {
                case .refused(let outcome): outcome
                case .valid:
                    recorded.next().map { Khach_V1_InteractionOutcome($0) }
                        ?? Khach_V1_InteractionOutcome()
                }
            }
        }
        return try response.reply()
    }

    private func items(_ payload: Payload) throws(Status) -> [Item] {
        let most = Limits.interactionsPerBatchMax
        let detector = self.environment.detector
        let items = payload.withUnsafeBytes { bytes -> Result<[Item], Status> in
            guard let scan = ItemScan(bytes, field: Self.interactionsField, itemsMax: most) else {
                return .failure(
                    Status(
                        .invalidArgument,
                        reason: "MALFORMED",
                        "a khach.v1.RecordInteractionsRequest expected, found bytes that are "
                            + "not one"
                    )
                )
            }
            guard !scan.items.isEmpty else {
                return .failure(
                    Status(InputError("interactions", "1 to \(most) items expected, found none"))
                )
            }
            guard scan.items.count <= most else {
                return .failure(
                    Status(InputError("interactions", "1 to \(most) items expected, found more"))
                )
            }
            return .success(
                scan.items.map {
                    Self.item(UnsafeRawBufferPointer(rebasing: bytes[$0]), detector)
                }
            )
        }
        return try items.get()
    }

    private static func item(_ bytes: UnsafeRawBufferPointer, _ detector: ContactDetector) -> Item {
        do {
            return .valid(try Interaction(try TextRepair.interaction.decoded(bytes), detector))
        } catch let error as InputError {
            return .refused(
                Khach_V1_InteractionOutcome(rejected: error, reason: "INVALID_FIELD")
            )
        } catch {
            let finding = InputError(
                "interaction",
                "a khach.v1.Interaction expected, found bytes that are not one"
            )
            return .refused(Khach_V1_InteractionOutcome(rejected: finding, reason: "MALFORMED"))
        }
    }
}
