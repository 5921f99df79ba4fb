internal import KhachCore

/// Stored texts: looked at again by a new detector, and dropped when they are old.
extension WriteSession {
    func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant
    ) throws(StoreError) -> FindingsAnswer {
        if let known = try self.knownAnswer(to: author, of: business) { return .known(known) }
        var changed: [CustomerID: Redetection] = [:]
        for update in updates {
            let position = update.position
            guard let page = try self.page(position.page), page.businessID == business,
                let rowID = try self.interaction(ExternalID(page.id, position.eventKey))
            else { continue }

            let register = try self.register(rowID)
            guard register.revision == update.revision, !register.text.isEmpty,
                let customer = register.customerID
            else { continue }

            let decision = Recording.redetected(register, on: page, findings: update.findings)
            guard decision.register.contacts != register.contacts else { continue }

            try self.store(decision.register, rowID, after: register)
            let entry = try self.existing(customer)
            entry.recount.formUnion(decision.recount)
            self.touch(entry)
            changed[entry.customer.id, default: .init()].add(
                from: register.contacts,
                to: decision.register.contacts,
                by: update.detectorVersion
            )
        }
        let changes = AuditChange.redetect(changed)
        try self.audit(changes, of: business, by: author, now: now)
        try self.remember(answer, to: author, of: business, now: now)
        return .accepted(changed.values.reduce(0) { $0 + $1.textsCount })
    }

    /// Rows are numbered as they were received, so the oldest texts come first.
    func dropTexts(receivedBefore: Instant, rowsMax: Int) throws(StoreError) -> Bool {
        let select = self.mutations.selectTexts
        select.bind(1, self.droppedRow)
        select.bind(2, Int64(rowsMax))
        var rows: [(id: Int64, hasText: Bool)] = []
        var isAtEnd = true
        while try select.step() {
            isAtEnd = select.instant(1) >= receivedBefore
            guard !isAtEnd else { break }

            rows.append((select.integer(0), select.integer(2) != 0))
        }
        select.reset()
        guard let last = rows.last else { return false }

        for row in rows where row.hasText {
            self.mutations.dropTexts.bind(1, row.id)
            try self.mutations.dropTexts.run()
        }
        self.droppedRow = last.id
        self.mutations.updateDropped.bind(1, last.id)
        try self.mutations.updateDropped.run()
        return rows.count == rowsMax && !isAtEnd
    }
}
