internal import KhachCore

/// Customers who end: linked to another, or erased (I5, I6).
extension WriteSession {
    func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> LinkAnswer {
        let entry = try self.existing(id)
        let business = entry.customer.businessID
        if let known = try self.knownAnswer(to: author, of: business) {
            let gone = Int64(answer: known).flatMap { $0 == 0 ? nil : CustomerID(rawValue: $0) }
            return .linked(try self.written(entry), gone: gone)
        }

        let other: CustomerEntry
        switch target {
        case .customer(let id):
            other = try self.existing(id)
        case .identity(let identity):
            guard let owner = try self.owner(of: identity, on: entry.customer.pageID) else {
                return try self.adopt(identity, entry, by: author, now: now)
            }
            other = owner
        }
        guard other.customer.pageID == entry.customer.pageID else { return .differentPages }
        guard other !== entry else {
            return .linked(try self.written(entry), gone: nil)
        }

        let isFirst = LinkRules.survivor(entry.customer, other.customer).0.id == entry.customer.id
        return try self.join(isFirst ? other : entry, into: isFirst ? entry : other, author, now)
    }

    private func join(
        _ gone: CustomerEntry,
        into survivor: CustomerEntry,
        _ author: Authorship,
        _ now: Instant
    ) throws(StoreError) -> LinkAnswer {
        let (loser, business) = (gone.customer, survivor.customer.businessID)
        guard
            survivor.customer.otherIdentities.count + loser.identities.count
                <= Limits.identitiesMax
        else { return .tooManyIdentities }

        // Both as the group left them, so that nothing is lost of either.
        _ = try self.written(gone)
        _ = try self.written(survivor)
        for identity in loser.identities {
            try self.move(identity, on: loser.pageID, to: survivor.customer.id)
        }
        try self.moveInteractions(of: gone, to: survivor)
        for statement in [
            self.mutations.moveObservations, self.mutations.moveRedirects,
            self.mutations.redirectAudit,
        ] {
            statement.bind(1, loser.id.rawValue)
            statement.bind(2, survivor.customer.id.rawValue)
            try statement.run()
        }
        self.mutations.insertRedirect.bind(1, loser.id.rawValue)
        self.mutations.insertRedirect.bind(2, survivor.customer.id.rawValue)
        try self.mutations.insertRedirect.run()
        _ = try self.remove(gone, redirectTo: survivor.customer.id, now: now)

        var customer = survivor.customer
        LinkRules.join(loser, into: &customer, now: now)
        self.replace(survivor, by: customer)
        survivor.needsRebuild = true
        try self.notePending(customer)
        try self.audit(
            AuditChange.link(loser, into: survivor.customer),
            of: business,
            by: author,
            now: now
        )
        try self.unblockIfRoleHeld(customer, by: author, now: now)
        try self.remember(loser.id.rawValue.answerBytes, to: author, of: business, now: now)
        return .linked(try self.written(survivor), gone: loser.id)
    }

    /// Puts the interactions of one before those of another, in one chain.
    private func moveInteractions(
        of gone: CustomerEntry,
        to survivor: CustomerEntry
    ) throws(StoreError) {
        guard gone.lastInteraction != 0 else { return }

        self.mutations.moveInteractions.bind(1, gone.lastInteraction)
        self.mutations.moveInteractions.bind(2, survivor.customer.id.rawValue)
        try self.mutations.moveInteractions.run()
        self.mutations.joinChains.bind(1, gone.lastInteraction)
        self.mutations.joinChains.bind(2, survivor.lastInteraction)
        try self.mutations.joinChains.run()
        guard self.database.changes == 1 else {
            throw StoreError(.corrupt, "a chain with a first interaction expected, a circle found")
        }

        survivor.lastInteraction = gone.lastInteraction
    }

    /// Gives a customer an id that nobody has.
    private func adopt(
        _ identity: Identity,
        _ entry: CustomerEntry,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> LinkAnswer {
        var customer = entry.customer
        guard customer.otherIdentities.count < Limits.identitiesMax else {
            return .tooManyIdentities
        }

        customer.otherIdentities.append(identity)
        try self.insert(identity, on: customer.pageID, of: customer.id)
        self.replace(entry, by: customer)
        let change = AuditChange.identity(identity, of: customer.id)
        try self.audit([change], of: customer.businessID, by: author, now: now)
        try self.unblockIfRoleHeld(customer, by: author, now: now)
        try self.remember(
            Int64(0).answerBytes,
            to: author,
            of: customer.businessID,
            now: now
        )
        return .linked(try self.written(entry), gone: nil)
    }

    /// Whoever came by an id with a role is not blocked any more (B2).
    private func unblockIfRoleHeld(
        _ customer: Customer,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) {
        guard let state = customer.block?.state, state != .none, try self.hasRole(customer) else {
            return
        }

        let item = BlockItem(id: customer.id, action: .grantRole, reason: "ROLE_GRANTED")
        _ = try self.changeBlocks([item], by: Authorship(actor: author.actor), now: now)
    }

    // MARK: Erasing

    func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> CommitSequence {
        let tombstone = try self.tombstone(of: id)
        // Of one that was linked, the other is erased.
        let isLinked = try self.isLinked(id)
        let business: BusinessID
        if let tombstone {
            business = tombstone.business
        } else {
            business = try self.existing(id).customer.businessID
        }
        if let known = try self.knownAnswer(to: author, of: business) {
            guard let seq = Int64(answer: known) else {
                throw StoreError(.corrupt, "a sequence expected, \(known.count) bytes found")
            }
            return CommitSequence(bitPattern: seq)
        }

        let seq: CommitSequence
        if let tombstone, !isLinked {
            seq = tombstone.seq
        } else {
            seq = try self.erase(try self.existing(id), by: author, now: now)
        }
        let answer = Int64(bitPattern: seq).answerBytes
        try self.remember(answer, to: author, of: business, now: now)
        return seq
    }

    private func erase(
        _ entry: CustomerEntry,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> CommitSequence {
        let customer = entry.customer
        _ = try self.written(entry)
        for identity in customer.identities {
            try self.delete(identity, on: customer.pageID)
        }
        for statement in [self.mutations.eraseObservations, self.mutations.eraseInteractions] {
            statement.bind(1, entry.lastInteraction)
            try statement.run()
        }
        for statement in [self.mutations.deleteRedirects, self.mutations.clearAudit] {
            statement.bind(1, customer.id.rawValue)
            try statement.run()
        }
        try self.eraseFromRoles(customer, by: author, now: now)
        try self.eraseFromRoleAudit(customer)
        try self.eraseFromOutcomes(customer.id)
        self.mutations.deletePendingBlock.bind(1, customer.pageID.rawValue)
        self.mutations.deletePendingBlock.bind(2, customer.id.rawValue)
        try self.mutations.deletePendingBlock.run()
        let seq = try self.remove(entry, redirectTo: nil, now: now)
        let change = AuditChange.erase(customer.id)
        try self.audit([change], of: customer.businessID, by: author, now: now)
        self.hasErased = true
        return seq
    }

    /// Takes the ids of a customer out of what the audit says of the page's roles.
    private func eraseFromRoleAudit(_ customer: Customer) throws(StoreError) {
        let (select, update) = (self.mutations.selectRoleAudit, self.mutations.updateRoleAudit)
        // One line at a time: each may name a thousand accounts.
        var last: Int64 = 0
        while true {
            select.bind(1, customer.businessID.rawValue)
            select.bind(2, last)
            let line = try select.lend([
                (3, AuditChange.rolesAction), (4, customer.pageID.text),
            ]) { () throws(StoreError) -> (number: Int64, before: String, after: String)? in
                guard try select.step() else { return nil }

                defer { select.reset() }
                return (select.integer(0), select.text(1), select.text(2))
            }
            guard let line else { return }

            last = line.number
            let before = AuditChange.erasing(customer.identities, fromRoles: line.before)
            let after = AuditChange.erasing(customer.identities, fromRoles: line.after)
            guard before != line.before || after != line.after else { continue }

            update.bind(1, customer.businessID.rawValue)
            update.bind(2, line.number)
            try update.lend([(3, before), (4, after)]) { () throws(StoreError) in
                try update.run()
            }
        }
    }

    /// Of a customer that is gone: erased, or linked to another.
    private func tombstone(
        of id: CustomerID
    ) throws(StoreError) -> (seq: CommitSequence, business: BusinessID)? {
        let select = self.mutations.selectTombstone
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return (
            CommitSequence(bitPattern: select.integer(0)), BusinessID(rawValue: select.integer(1))
        )
    }

    /// Whether another customer answers as this one.
    private func isLinked(_ id: CustomerID) throws(StoreError) -> Bool {
        let redirect = self.mutations.selectRedirect
        redirect.bind(1, id.rawValue)
        defer { redirect.reset() }
        return try redirect.step()
    }

    /// Deletes the row of a customer and leaves a tombstone.
    private func remove(
        _ entry: CustomerEntry,
        redirectTo survivor: CustomerID?,
        now: Instant
    ) throws(StoreError) -> CommitSequence {
        let customer = entry.customer
        let seq = try self.nextSequence(of: customer.businessID, addingCustomers: -1)
        self.mutations.deletePendingBlock.bind(1, customer.pageID.rawValue)
        self.mutations.deletePendingBlock.bind(2, customer.id.rawValue)
        try self.mutations.deletePendingBlock.run()
        self.mutations.deleteCustomer.bind(1, customer.id.rawValue)
        try self.mutations.deleteCustomer.run()
        if let stored = entry.stored {
            try self.digests.replace(
                customer.id.rawValue,
                on: customer.pageID,
                stored.digest,
                by: nil
            )
            try self.index.remove(stored.record, of: customer.businessID)
        }
        let insert = self.mutations.insertTombstone
        insert.bind(1, customer.businessID.rawValue)
        insert.bind(2, Int64(bitPattern: seq))
        insert.bind(3, customer.id.rawValue)
        insert.bind(5, customer.pageID.rawValue)
        insert.bind(6, now)
        try self.codec.encodeTombstone(customer.id, survivor).lend { (record) throws(StoreError) in
            insert.bind(4, blob: record)
            try insert.run()
        }
        self.forget(entry)
        return seq
    }
}
