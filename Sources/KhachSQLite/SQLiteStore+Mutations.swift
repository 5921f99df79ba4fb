package import KhachCore

/// What is changed by hand, and why things are as they are.
extension SQLiteStore {
    package func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> EditAnswer {
        try await self.writer.write { (session) throws(StoreError) in
            try session.edit(id, edit, by: author, now: now)
        }
    }

    package func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [BlockAnswer] {
        try await self.writer.write(weight: items.count) { (session) throws(StoreError) in
            try session.changeBlocks(items, by: author, now: now)
        }
    }

    package func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> LinkAnswer {
        try await self.writer.write { (session) throws(StoreError) in
            try session.link(id, with: target, by: author, now: now)
        }
    }

    package func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> CommitSequence {
        try await self.writer.write { (session) throws(StoreError) in
            try session.erase(id, by: author, now: now)
        }
    }

    package func push(
        _ batch: MutationBatch,
        now: Instant
    ) async throws(StoreError) -> PushAnswer {
        let lastBackup = BackupMark.read(in: self.folder.path)
        return try await self.writer.write(
            weight: batch.mutations.count
        ) { (session) throws(StoreError) in
            try session.push(batch, lastBackup: lastBackup, now: now)
        }
    }

    package func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant
    ) async throws(StoreError) -> [ProfileOutcome] {
        try await self.writer.write(weight: profiles.count) { (session) throws(StoreError) in
            try session.recordProfiles(profiles, now: now)
        }
    }

    // MARK: The directory

    package func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        try await self.writer.write { (session) throws(StoreError) in
            try session.updateBusiness(id, update, by: author, now: now)
        }
    }

    package func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        try await self.writer.write { (session) throws(StoreError) in
            try session.updatePage(id, update, by: author, now: now)
        }
    }

    package func setRoleAccounts(
        of page: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [CustomerID] {
        try await self.writer.write(weight: accounts.count) { (session) throws(StoreError) in
            try session.setRoleAccounts(of: page, accounts, by: author, now: now)
        }
    }

    package func page(_ id: PageID) async throws(StoreError) -> Page? {
        try await self.read { (reader) throws(StoreError) in try reader.page(id) }
    }

    package func roleAccounts(of page: PageID) async throws(StoreError) -> [RoleAccount] {
        try await self.read { (reader) throws(StoreError) in try reader.roleAccounts(of: page) }
    }

    // MARK: History

    package func explain(
        _ id: CustomerID,
        _ key: ContactPoint.Key
    ) async throws(StoreError) -> ContactExplanation? {
        let codec = self.codec
        let most = Limits.observationsExplainedMax
        return try await self.snapshot(nil) { (reader) throws(StoreError) in
            let stored = try reader.existing(id)
            let survivor = try reader.survivor(of: id)
            guard
                let customer = codec.decodeCustomer(
                    stored.record,
                    try reader.facts(of: survivor),
                    stored.businessID
                )
            else {
                throw StoreError(.corrupt, "a customer's record expected, other bytes found")
            }
            guard let shown = customer.shown(key.kind).first(where: { $0.point.key == key }) else {
                return nil
            }

            let evidence = try reader.evidence(of: customer.id, key, rowsMax: most + 1)
            return ContactExplanation(
                shown: shown,
                mark: customer.mark(key),
                evidence: Array(evidence.prefix(most)),
                hasMore: evidence.count > most
            )
        }
    }

    package func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) async throws(StoreError) -> [AuditEntry] {
        try await self.read { (reader) throws(StoreError) in
            try reader.auditEntries(
                of: business,
                customer: customer,
                before: before,
                rowsMax: rowsMax
            )
        }
    }

    package func appendAudit(
        _ change: AuditChange,
        of business: BusinessID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) {
        try await self.writer.write { (session) throws(StoreError) in
            try session.audit([change], of: business, by: author, now: now)
        }
    }

    package func pendingBlocks(
        of page: PageID,
        after: CustomerID?,
        rowsMax: Int
    ) async throws(StoreError) -> [StoredCustomer] {
        try await self.snapshot(nil) { (reader) throws(StoreError) in
            try reader.pendingBlocks(of: page, after: after, rowsMax: rowsMax)
        }
    }

    package func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) async throws(StoreError) -> TextPage {
        try await self.snapshot(nil) { (reader) throws(StoreError) in
            try reader.storedTexts(of: business, after: after, rowsMax: rowsMax)
        }
    }

    package func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant
    ) async throws(StoreError) -> FindingsAnswer {
        try await self.writer.write(weight: updates.count) { (session) throws(StoreError) in
            try session.acceptFindings(
                updates,
                of: business,
                by: author,
                answer: answer,
                now: now
            )
        }
    }

    package func dropTexts(
        receivedBefore: Instant,
        rowsMax: Int
    ) async throws(StoreError) -> Bool {
        try await self.writer.write(weight: rowsMax) { (session) throws(StoreError) in
            try session.dropTexts(receivedBefore: receivedBefore, rowsMax: rowsMax)
        }
    }
}
