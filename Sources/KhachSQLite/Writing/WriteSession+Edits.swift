internal import KhachCore

/// What people change of one customer, and what channels say of a person.
extension WriteSession {
    func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> EditAnswer {
        let entry = try self.existing(id)
        let business = entry.customer.businessID
        if try self.knownAnswer(to: author, of: business) != nil {
            return .done(try self.written(entry))
        }

        var customer = entry.customer
        let changes: [AuditChange]
        do throws(EditRefusal) {
            changes = try EditRules.apply(edit, to: &customer, by: author.actor, now: now)
        } catch {
            return .refused(error)
        }
        self.replace(entry, by: customer)
        try self.audit(changes, of: business, by: author, now: now)
        try self.remember(customer.id.rawValue.answerBytes, to: author, of: business, now: now)
        return .done(try self.written(entry))
    }

    func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant
    ) throws(StoreError) -> [ProfileOutcome] {
        var outcomes: [ProfileOutcome] = []
        for profile in profiles {
            guard let page = try self.page(profile.page) else {
                outcomes.append(.unknownPage)
                continue
            }
            guard let entry = try self.entry(page.id, profile.externalUserID) else {
                outcomes.append(.unknownCustomer)
                continue
            }
            var customer = entry.customer
            customer.join(profile, on: page, now: now)
            self.replace(entry, by: customer)
            outcomes.append(.applied(customer.id))
        }
        return outcomes
    }

    // MARK: Shared by changes of one customer

    /// The customer of an id, or the one that it was linked to.
    func existing(_ id: CustomerID) throws(StoreError) -> CustomerEntry {
        if let entry = try self.entry(id) { return entry }
        let select = self.mutations.selectRedirect
        select.bind(1, id.rawValue)
        if try select.step() {
            let survivor = CustomerID(rawValue: select.integer(0))
            select.reset()
            if let entry = try self.entry(survivor) { return entry }
        }
        throw StoreError(.notFound, "id: a customer expected, found none")
    }

    /// Puts another value in the place of a customer's; it is written with the group.
    func replace(_ entry: CustomerEntry, by customer: Customer) {
        entry.customer = customer
        self.touch(entry)
    }

    /// Writes what the group made of a customer so far, and reads it as it is stored.
    func written(_ entry: CustomerEntry) throws(StoreError) -> StoredCustomer {
        if entry.isTouched {
            try self.write(entry)
        }
        let select = self.statements.selectStored
        select.bind(1, entry.customer.id.rawValue)
        guard try select.step() else {
            throw StoreError(.corrupt, "a written customer's row expected, none found")
        }

        defer { select.reset() }
        return StoredCustomer(
            businessID: entry.customer.businessID,
            seq: CommitSequence(bitPattern: select.integer(0)),
            record: Array(select.bytes(1))
        )
    }
}
