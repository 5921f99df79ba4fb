internal import KhachCore

/// What caches changed without a network, once each (sync.md G, N3).
extension WriteSession {
    func push(
        _ batch: MutationBatch,
        lastBackup: Instant?,
        now: Instant
    ) throws(StoreError) -> PushAnswer {
        try self.requireBusiness(batch.businessID)
        let known = try self.progress(of: batch)
        var progress = known
        progress.begin(batch, lastBackup: lastBackup)
        try self.forgetOutcomes(of: batch)

        var outcomes: [[UInt8]] = []
        mutations: for mutation in batch.mutations {
            switch progress.step(mutation.id) {
            case .recall:
                guard let outcome = try self.outcome(of: mutation, in: batch) else {
                    guard outcomes.isEmpty else { break mutations }
                    return .forked(mutation: mutation.id)
                }
                outcomes.append(outcome)
            case .apply:
                outcomes.append(try self.apply(mutation, in: batch, now: now))
                progress.last = mutation.id
                progress.at = now
            case .gap(let expected):
                guard outcomes.isEmpty else { break mutations }
                return .gap(expected: expected)
            }
        }
        if progress != known { try self.write(progress, of: batch) }
        return .done(outcomes: outcomes, last: progress.last, durable: progress.durable)
    }

    /// What outcomes hold of an erased customer goes with it.
    func eraseFromOutcomes(_ customer: CustomerID) throws(StoreError) {
        let select = self.outbox.selectOfCustomer
        while true {
            select.bind(1, customer.rawValue)
            guard try select.step() else { return }

            let (business, client) = (select.integer(0), Array(select.bytes(1)))
            let mutation = UInt64(bitPattern: select.integer(2))
            select.reset()
            let erased = MutationOutcome(mutation: mutation, result: .rejected(.unknownCustomer))
            let update = self.outbox.updateOutcome
            update.bind(1, business)
            update.bind(3, Int64(bitPattern: mutation))
            try client.lend { (client) throws(StoreError) in
                update.bind(2, blob: client)
                try self.codec.encodeOutcome(erased).lend { (outcome) throws(StoreError) in
                    update.bind(4, blob: outcome)
                    try update.run()
                }
            }
        }
    }

    // MARK: A mutation

    private func apply(
        _ mutation: ClientMutation,
        in batch: MutationBatch,
        now: Instant
    ) throws(StoreError) -> [UInt8] {
        var outcome = try self.tried(mutation, in: batch, now: now)
        if outcome.result == .applied, mutation.isNormalised || outcome.customer != nil {
            outcome.result = .modified
        }
        let bytes = self.codec.encodeOutcome(outcome)
        let insert = self.outbox.insertOutcome
        insert.bind(1, batch.businessID.rawValue)
        insert.bind(3, Int64(bitPattern: mutation.id))
        insert.bind(6, outcome.holdsValue ? (try self.target(of: mutation)?.rawValue ?? 0) : 0)
        try batch.client.bytes.lend { (client) throws(StoreError) in
            insert.bind(2, blob: client)
            try mutation.fingerprint.lend { (fingerprint) throws(StoreError) in
                insert.bind(4, blob: fingerprint)
                try bytes.lend { (bytes) throws(StoreError) in
                    insert.bind(5, blob: bytes)
                    try insert.run()
                }
            }
        }
        return bytes
    }

    private func tried(
        _ mutation: ClientMutation,
        in batch: MutationBatch,
        now: Instant
    ) throws(StoreError) -> MutationOutcome {
        let asked: CustomerID
        switch mutation.change {
        case .refused(let refusal):
            return MutationOutcome(mutation: mutation.id, result: .rejected(refusal))
        case .edit(let id, _): asked = id
        case .block(let item): asked = item.id
        }
        guard let entry = try self.found(asked), entry.customer.businessID == batch.businessID
        else {
            return MutationOutcome(mutation: mutation.id, result: .rejected(.unknownCustomer))
        }

        let author = mutation.author(of: batch.client)
        var customer = entry.customer
        let result: MutationOutcome.Result
        switch mutation.change {
        case .edit(_, let edit):
            let tried = EditRules.applyLate(edit, to: &customer, by: author.actor, now: now)
            result = tried.result
            if result == .applied { self.replace(entry, by: customer) }
            try self.audit(tried.changes, of: batch.businessID, by: author, now: now)
        case .block(let item):
            result = MutationOutcome.Result(
                try self.changeBlock(item, of: batch.businessID, by: author, now: now)
            )
        case .refused: preconditionFailure("answered above")
        }
        return MutationOutcome(
            mutation: mutation.id,
            result: result,
            customer: customer.id == asked ? nil : customer.id,
            seq: try self.written(entry).seq
        )
    }

    private func found(_ id: CustomerID) throws(StoreError) -> CustomerEntry? {
        do throws(StoreError) {
            return try self.existing(id)
        } catch  where error.code == .notFound {
            return nil
        }
    }

    /// Whose value an outcome holds.
    private func target(of mutation: ClientMutation) throws(StoreError) -> CustomerID? {
        guard case .edit(let id, _) = mutation.change else { return nil }

        return try self.found(id)?.customer.id
    }

    // MARK: What is kept of clients

    private func requireBusiness(_ business: BusinessID) throws(StoreError) {
        let select = self.outbox.selectBusiness
        select.bind(1, business.rawValue)
        guard try select.step() else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        select.reset()
    }

    private func progress(of batch: MutationBatch) throws(StoreError) -> ClientProgress {
        let select = self.outbox.selectClient
        select.bind(1, batch.businessID.rawValue)
        return try batch.client.bytes.lend { (client) throws(StoreError) -> ClientProgress in
            select.bind(2, blob: client)
            guard try select.step() else { return .new }

            defer { select.reset() }
            return ClientProgress(
                last: UInt64(bitPattern: select.integer(0)),
                durable: UInt64(bitPattern: select.integer(1)),
                at: Instant(milliseconds: select.integer(2))
            )
        }
    }

    private func write(
        _ progress: ClientProgress,
        of batch: MutationBatch
    ) throws(StoreError) {
        let upsert = self.outbox.upsertClient
        upsert.bind(1, batch.businessID.rawValue)
        upsert.bind(3, Int64(bitPattern: progress.last))
        upsert.bind(4, Int64(bitPattern: progress.durable))
        upsert.bind(5, progress.at)
        try batch.client.bytes.lend { (client) throws(StoreError) in
            upsert.bind(2, blob: client)
            try upsert.run()
        }
    }

    private func forgetOutcomes(of batch: MutationBatch) throws(StoreError) {
        let delete = self.outbox.deleteOutcomes
        delete.bind(1, batch.businessID.rawValue)
        delete.bind(3, Int64(clamping: batch.acknowledged))
        try batch.client.bytes.lend { (client) throws(StoreError) in
            delete.bind(2, blob: client)
            try delete.run()
        }
    }

    /// The outcome of a mutation that was applied before; `nil` when that was another one.
    private func outcome(
        of mutation: ClientMutation,
        in batch: MutationBatch
    ) throws(StoreError) -> [UInt8]? {
        let select = self.outbox.selectOutcome
        select.bind(1, batch.businessID.rawValue)
        select.bind(3, Int64(bitPattern: mutation.id))
        return try batch.client.bytes.lend { (client) throws(StoreError) -> [UInt8]? in
            select.bind(2, blob: client)
            guard try select.step() else { return nil }

            defer { select.reset() }
            guard Array(select.bytes(0)) == mutation.fingerprint else { return nil }

            return Array(select.bytes(1))
        }
    }
}
