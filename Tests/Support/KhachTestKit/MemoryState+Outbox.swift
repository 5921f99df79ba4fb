internal import KhachCore

/// What caches sent, in the simplest way.
extension MemoryState {
    /// A cache of a business.
    struct ClientKey: Hashable, Sendable {
        var business: BusinessID
        var client: ClientID
    }

    struct KeptOutcome: Sendable {
        var fingerprint: [UInt8]
        var outcome: [UInt8]
        /// Whose value it holds.
        var customer: CustomerID?
    }

    struct Outbox: Sendable {
        var progress = ClientProgress.new
        var outcomes: [UInt64: KeptOutcome] = [:]
    }

    mutating func push(
        _ batch: MutationBatch,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> PushAnswer {
        guard self.businesses[batch.businessID] != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        let key = ClientKey(business: batch.businessID, client: batch.client)
        var outbox = self.outboxes[key] ?? Outbox()
        outbox.progress.begin(batch, lastBackup: self.lastBackup)
        outbox.outcomes = outbox.outcomes.filter { $0.key > batch.acknowledged }
        defer { self.outboxes[key] = outbox }

        var outcomes: [[UInt8]] = []
        mutations: for mutation in batch.mutations {
            switch outbox.progress.step(mutation.id) {
            case .recall:
                guard let kept = outbox.outcomes[mutation.id],
                    kept.fingerprint == mutation.fingerprint
                else {
                    guard outcomes.isEmpty else { break mutations }
                    return .forked(mutation: mutation.id)
                }
                outcomes.append(kept.outcome)
            case .apply:
                var outcome = try self.tried(mutation, in: batch, now: now, codec)
                if outcome.result == .applied, mutation.isNormalised || outcome.customer != nil {
                    outcome.result = .modified
                }
                var kept = KeptOutcome(
                    fingerprint: mutation.fingerprint,
                    outcome: codec.encodeOutcome(outcome)
                )
                if outcome.holdsValue, case .edit(let id, _) = mutation.change {
                    kept.customer = try self.existing(id).value.id
                }
                outbox.outcomes[mutation.id] = kept
                outbox.progress.last = mutation.id
                outbox.progress.at = now
                outcomes.append(kept.outcome)
            case .gap(let expected):
                guard outcomes.isEmpty else { break mutations }
                return .gap(expected: expected)
            }
        }
        return .done(
            outcomes: outcomes,
            last: outbox.progress.last,
            durable: outbox.progress.durable
        )
    }

    mutating func eraseFromOutcomes(_ customer: CustomerID, _ codec: RecordCodec) {
        for (key, outbox) in self.outboxes {
            for (mutation, kept) in outbox.outcomes where kept.customer == customer {
                let erased = MutationOutcome(
                    mutation: mutation,
                    result: .rejected(.unknownCustomer)
                )
                self.outboxes[key]?.outcomes[mutation]?.outcome = codec.encodeOutcome(erased)
                self.outboxes[key]?.outcomes[mutation]?.customer = nil
            }
        }
    }

    private mutating func tried(
        _ mutation: ClientMutation,
        in batch: MutationBatch,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> MutationOutcome {
        let author = mutation.author(of: batch.client)
        let (asked, result): (CustomerID, MutationOutcome.Result)
        switch mutation.change {
        case .refused(let refusal):
            return MutationOutcome(mutation: mutation.id, result: .rejected(refusal))
        case .edit(let id, let edit):
            guard var customer = (try? self.existing(id))?.value,
                customer.businessID == batch.businessID
            else {
                return MutationOutcome(mutation: mutation.id, result: .rejected(.unknownCustomer))
            }
            let tried = EditRules.applyLate(edit, to: &customer, by: author.actor, now: now)
            if tried.result == .applied { self.store(customer, codec) }
            self.note(tried.changes, batch.businessID, author, now)
            (asked, result) = (id, tried.result)
        case .block(let item):
            let answer = self.changeBlock(item, of: batch.businessID, author, now, codec)
            (asked, result) = (item.id, MutationOutcome.Result(answer))
        }
        guard let stored = try? self.existing(asked), stored.value.businessID == batch.businessID
        else {
            return MutationOutcome(mutation: mutation.id, result: .rejected(.unknownCustomer))
        }
        return MutationOutcome(
            mutation: mutation.id,
            result: result,
            customer: stored.value.id == asked ? nil : stored.value.id,
            seq: stored.seq
        )
    }
}
