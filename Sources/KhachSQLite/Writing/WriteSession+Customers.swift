internal import KhachCore

/// Customers: found, kept in memory while a group changes them, and written once each.
extension WriteSession {
    // MARK: Finding

    func entry(_ page: PageID, _ user: String) throws(StoreError) -> CustomerEntry? {
        if let entry = self.customers.entry(page, user) { return entry }
        let select = self.statements.selectCustomerByIdentity
        select.bind(1, page.rawValue)
        return try user.lend { (user) throws(StoreError) in
            select.bind(2, text: user)
            return try self.entry(from: select)
        }
    }

    func entry(_ id: CustomerID) throws(StoreError) -> CustomerEntry? {
        if let entry = self.customers.entry(id) { return entry }
        let select = self.statements.selectCustomer
        select.bind(1, id.rawValue)
        return try self.entry(from: select)
    }

    private func entry(from select: Statement) throws(StoreError) -> CustomerEntry? {
        guard try select.step() else { return nil }

        defer { select.reset() }
        // By another id of the person, perhaps.
        if let entry = self.customers.entry(CustomerID(rawValue: select.integer(3))) {
            return entry
        }
        let business = BusinessID(rawValue: select.integer(0))
        let (record, facts) = (Array(select.bytes(1)), Array(select.bytes(2)))
        guard let customer = self.codec.decodeCustomer(record, facts, business) else {
            throw StoreError(.corrupt, "a customer's record expected, other bytes found")
        }

        let entry = CustomerEntry(
            customer,
            stored: CustomerRow(
                record: record,
                facts: facts,
                lastInteraction: select.integer(4),
                digest: RecordDigest(
                    of: select.integer(3),
                    seq: CommitSequence(bitPattern: select.integer(5)),
                    record: select.bytes(1)
                )
            )
        )
        self.customers.insert(entry)
        return entry
    }

    // MARK: Changing

    /// Remembers what the group made of a customer; it is written once, by `flush`.
    ///
    /// `chained` is the row of an interaction that is new to its customer.
    func adopt(
        _ decision: Recording.Decision,
        _ known: CustomerEntry?,
        chained: Int64?
    ) throws(StoreError) {
        guard let customer = decision.customer ?? (chained == nil ? nil : known?.customer) else {
            return
        }

        let entry = known ?? CustomerEntry(customer, stored: nil)
        entry.customer = customer
        entry.lastInteraction = chained ?? entry.lastInteraction
        entry.recount.formUnion(decision.recount)
        entry.needsRebuild = entry.needsRebuild || decision.needsRebuild
        if decision.isNewComment {
            try self.joinConversation(of: decision.register, into: entry)
        }
        if let before = decision.movedFrom {
            try self.leaveDay(of: before, decision.register, entry)
        }
        guard !entry.isTouched else { return }

        self.touch(entry)
        if entry.stored == nil {
            self.customers.insert(entry)
        }
    }

    // MARK: Writing

    /// Writes a touched customer.
    ///
    /// Its sequence moves if and only if its record's bytes do.
    func write(_ entry: CustomerEntry) throws(StoreError) {
        if entry.needsRebuild {
            try self.rebuild(entry)
        }
        try self.recount(entry)
        let customer = entry.customer
        let record = self.codec.encodeCustomer(customer)
        let facts = self.codec.encodeFacts(customer)
        if let stored = entry.stored, stored.record == record {
            if stored.facts != facts || stored.lastInteraction != entry.lastInteraction {
                try self.writeFacts(facts, of: entry)
            }
            return
        }

        let seq = try self.nextSequence(
            of: customer.businessID,
            addingCustomers: entry.stored == nil ? 1 : 0
        )
        if entry.stored == nil {
            try self.writeIdentity(of: customer)
        }
        let digest = record.withUnsafeBytes {
            RecordDigest(of: customer.id.rawValue, seq: seq, record: $0)
        }
        try self.digests.replace(
            customer.id.rawValue,
            on: customer.pageID,
            entry.stored?.digest,
            by: digest
        )
        try record.lend { (bytes) throws(StoreError) in
            try self.index.follow(
                entry.stored?.record,
                bytes,
                of: customer.businessID
            ) { (change) throws(StoreError) in
                try self.writeRow(entry, change, seq, bytes, facts)
            }
        }
        entry.stored = CustomerRow(
            record: record,
            facts: facts,
            lastInteraction: entry.lastInteraction,
            digest: digest
        )
    }

    /// Names no more columns than have to be written.
    private func writeRow(
        _ entry: CustomerEntry,
        _ change: CustomerIndex.RowChange,
        _ seq: CommitSequence,
        _ record: UnsafeBufferPointer<UInt8>,
        _ facts: [UInt8]
    ) throws(StoreError) {
        let statement =
            switch change.extent {
            case .new: self.statements.insertCustomer
            case .moved: self.statements.moveCustomer
            case .touched: self.statements.touchCustomer
            case .quiet: self.statements.updateCustomer
            }
        statement.bind(1, entry.customer.id.rawValue)
        statement.bind(2, Int64(bitPattern: seq))
        statement.bind(3, entry.lastInteraction)
        statement.bind(8, blob: record)
        if change.extent == .new {
            statement.bind(11, entry.customer.businessID.rawValue)
            statement.bind(12, entry.customer.pageID.rawValue)
        }
        if change.extent != .quiet {
            statement.bind(4, change.lastInboundAt)
        }
        try facts.lend { (facts) throws(StoreError) in
            statement.bind(9, blob: facts)
            guard change.extent == .new || change.extent == .moved else {
                return try statement.run()
            }

            statement.bind(13, change.firstInboundAt)
            statement.bind(5, change.firstRecordedAt)
            statement.bind(7, change.traits)
            statement.bind(10, change.createdAt)
            try change.nameFolded.lend { (folded) throws(StoreError) in
                statement.bind(6, text: folded)
                try statement.run()
            }
        }
    }

    private func writeIdentity(of customer: Customer) throws(StoreError) {
        let insert = self.statements.insertIdentity
        insert.bind(1, customer.pageID.rawValue)
        insert.bind(3, customer.id.rawValue)
        try customer.externalUserID.lend { (user) throws(StoreError) in
            insert.bind(2, text: user)
            try insert.run()
        }
    }

    private func writeFacts(_ facts: [UInt8], of entry: CustomerEntry) throws(StoreError) {
        let update = self.statements.updateFacts
        update.bind(1, entry.customer.id.rawValue)
        update.bind(3, entry.lastInteraction)
        try facts.lend { (facts) throws(StoreError) in
            update.bind(2, blob: facts)
            try update.run()
        }
        entry.stored?.facts = facts
        entry.stored?.lastInteraction = entry.lastInteraction
    }
}
