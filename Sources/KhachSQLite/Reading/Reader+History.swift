internal import KhachCore

/// Why things are as they are: observations, audit, pending blocks, texts.
///
/// Called inside a snapshot.
extension Reader {
    /// The customer of an id, or the one that it was linked to.
    func existing(_ id: CustomerID) throws(StoreError) -> StoredCustomer {
        if let customer = try self.customer(id) { return customer }
        throw StoreError(.notFound, "id: a customer expected, found none")
    }

    /// The id that answers for an id: its own, unless it was linked.
    func survivor(of id: CustomerID) throws(StoreError) -> CustomerID {
        let select = self.history.selectSurvivor
        select.bind(1, id.rawValue)
        guard try select.step() else { return id }

        defer { select.reset() }
        return CustomerID(rawValue: select.integer(0))
    }

    /// What holds a value, latest first.
    func evidence(
        of id: CustomerID,
        _ key: ContactPoint.Key,
        rowsMax: Int
    ) throws(StoreError) -> [ContactEvidence] {
        let select = self.history.selectEvidence
        select.bind(1, id.rawValue)
        select.bind(2, Int64(key.kind.rawValue))
        select.bind(4, Int64(rowsMax))
        return try key.value.lend { (value) throws(StoreError) -> [ContactEvidence] in
            select.bind(3, text: value)
            var evidence: [ContactEvidence] = []
            while try select.step() {
                guard let rule = ContactRule(rawValue: select.text(3)),
                    select.instant(5) <= select.instant(6),
                    select.integer(1) >= 0, select.integer(1) <= select.integer(2)
                else {
                    select.reset()
                    throw StoreError(.corrupt, "a contact's row expected, one that is none found")
                }

                let finding = ContactFinding(
                    kind: key.kind,
                    value: key.value,
                    bytes: Int(select.integer(1))..<Int(select.integer(2)),
                    rule: rule,
                    detectorVersion: select.text(4)
                )
                evidence.append(
                    ContactEvidence(
                        eventKey: select.text(0),
                        finding: finding,
                        occurredAt: select.instant(5)...select.instant(6),
                        text: select.text(7)
                    )
                )
            }
            return evidence
        }
    }

    func facts(of id: CustomerID) throws(StoreError) -> [UInt8] {
        let select = self.history.selectFacts
        select.bind(1, id.rawValue)
        guard try select.step() else { return [] }

        defer { select.reset() }
        return Array(select.bytes(0))
    }

    func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) throws(StoreError) -> [AuditEntry] {
        let select =
            customer == nil ? self.history.selectAudit : self.history.selectAuditOfCustomer
        select.bind(1, business.rawValue)
        select.bind(2, Int64(clamping: before ?? .max))
        select.bind(3, Int64(rowsMax))
        if let customer {
            select.bind(4, customer.rawValue)
        }
        var entries: [AuditEntry] = []
        while try select.step() {
            var change = AuditChange(
                select.text(4),
                entity: select.text(6),
                field: select.text(7),
                before: select.text(8),
                after: select.text(9),
                reason: select.text(10)
            )
            change.customerID =
                select.isNull(5) ? nil : CustomerID(rawValue: select.integer(5))
            entries.append(
                AuditEntry(
                    number: UInt64(bitPattern: select.integer(0)),
                    at: select.instant(1),
                    actor: select.text(2),
                    requestID: select.text(3),
                    change: change
                )
            )
        }
        return entries
    }

    func roleAccounts(of page: PageID) throws(StoreError) -> [RoleAccount] {
        let select = self.history.selectRoles
        select.bind(1, page.rawValue)
        var accounts: [RoleAccount] = []
        while try select.step() {
            accounts.append(RoleAccount(row: select))
        }
        return accounts
    }

    func pendingBlocks(
        of page: PageID,
        after: CustomerID?,
        rowsMax: Int
    ) throws(StoreError) -> [StoredCustomer] {
        let select = self.history.selectPending
        select.bind(1, page.rawValue)
        select.bind(2, after?.rawValue ?? 0)
        select.bind(3, Int64(rowsMax))
        var ids: [CustomerID] = []
        while try select.step() {
            ids.append(CustomerID(rawValue: select.integer(0)))
        }
        var customers: [StoredCustomer] = []
        for id in ids {
            customers.append(try self.existing(id))
        }
        return customers
    }

    /// Texts of the business's pages, page by page in order of id, each by event key.
    func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) throws(StoreError) -> TextPage {
        var page = TextPage(texts: [], next: nil)
        var looked = 0
        for id in try self.pageIDs(of: business) where id >= after?.page ?? id {
            let key = id == after?.page ? after?.eventKey ?? "" : ""
            let interactions = try self.interactions(of: id, after: key, rowsMax - looked)
            looked += interactions.count
            for interaction in interactions {
                let select = self.history.selectText
                select.bind(1, interaction)
                guard try select.step() else {
                    throw StoreError(.corrupt, "a row of a known event key expected, none found")
                }

                defer { select.reset() }
                let position = TextPosition(page: id, eventKey: select.text(1))
                page.next = position
                if let text = try self.text(select, at: position) {
                    page.texts.append(text)
                }
            }
            if looked >= rowsMax { return page }
        }
        page.next = nil
        return page
    }

    /// In the order of their keys.
    private func interactions(
        of page: PageID,
        after key: String,
        _ rowsMax: Int
    ) throws(StoreError) -> [Int64] {
        let select = self.history.selectKeys
        select.bind(1, page.rawValue)
        select.bind(3, Int64(rowsMax))
        return try key.lend { (key) throws(StoreError) in
            select.bind(2, text: key)
            var interactions: [Int64] = []
            while try select.step() {
                interactions.append(select.integer(1))
            }
            return interactions
        }
    }

    private func text(
        _ row: Statement,
        at position: TextPosition
    ) throws(StoreError) -> StoredText? {
        guard !row.isNull(2), row.integer(5) == 1, row.integer(6) > 0 else { return nil }

        var findings: [ContactFinding] = []
        if row.integer(4) > 0 {
            let select = self.history.selectObservations
            select.bind(1, row.integer(0))
            while try select.step() {
                guard let finding = ContactFinding(row: select) else {
                    select.reset()
                    throw StoreError(.corrupt, "a contact's row expected, one that is none found")
                }

                findings.append(finding)
            }
        }
        return StoredText(
            position: position,
            customerID: CustomerID(rawValue: row.integer(2)),
            revision: UInt64(bitPattern: row.integer(3)),
            text: row.text(7),
            findings: findings
        )
    }

    private func pageIDs(of business: BusinessID) throws(StoreError) -> [PageID] {
        let select = self.history.selectPageIDs
        select.bind(1, business.rawValue)
        var ids: [PageID] = []
        while try select.step() {
            ids.append(PageID(rawValue: select.integer(0)))
        }
        return ids
    }
}
