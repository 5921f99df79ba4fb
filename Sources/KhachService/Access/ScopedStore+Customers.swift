internal import KhachCore

/// Customers of the scope: asked for, changed, explained.
extension ScopedStore {
    func customer(_ id: CustomerID) async throws(StoreError) -> StoredCustomer? {
        try await self.base.customer(id).flatMap { self.sees($0) ? $0 : nil }
    }

    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        var query = query
        query.filter = try self.seen(query.filter)
        return try await self.base.customers(query, deadline: deadline)
    }

    func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerCount {
        try await self.base.count(try self.seen(filter), deadline: deadline)
    }

    func openSnapshot(
        of business: BusinessID
    ) async throws(StoreError) -> any CustomerSnapshot {
        let snapshot = try await self.base.openSnapshot(of: self.seen(business))
        guard self.scope.pages != nil else { return snapshot }

        return ScopedSnapshot(base: snapshot, store: self)
    }

    func statistics(
        _ query: StatisticsQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> Statistics {
        var query = query
        query.businessID = self.seen(query.businessID)
        query.pages = try self.seen(pages: query.pages)
        return try await self.base.statistics(query, deadline: deadline)
    }

    // MARK: Changes

    func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> EditAnswer {
        try await self.base.edit(try await self.seen(id), edit, by: author, now: now)
    }

    func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [BlockAnswer] {
        var seen: [BlockItem] = []
        for var item in items {
            item.id = try await self.seen(item.id)
            seen.append(item)
        }
        return try await self.base.changeBlocks(seen, by: author, now: now)
    }

    func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> LinkAnswer {
        var target = target
        if case .customer(let other) = target { target = .customer(try await self.seen(other)) }
        return try await self.base.link(
            try await self.seen(id),
            with: target,
            by: author,
            now: now
        )
    }

    func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> CommitSequence {
        try await self.base.erase(try await self.seen(id), by: author, now: now)
    }

    // MARK: History

    func place(of id: CustomerID) async throws(StoreError) -> CustomerPlace? {
        try await self.base.place(of: try await self.seen(id))
    }

    func explain(
        _ id: CustomerID,
        _ key: ContactPoint.Key
    ) async throws(StoreError) -> ContactExplanation? {
        try await self.base.explain(try await self.seen(id), key)
    }

    func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) async throws(StoreError) -> [AuditEntry] {
        try await self.base.auditEntries(
            of: self.seenWhole(business),
            customer: customer,
            before: before,
            rowsMax: rowsMax
        )
    }

    func appendAudit(
        _ change: AuditChange,
        of business: BusinessID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) {
        try await self.base.appendAudit(change, of: self.seen(business), by: author, now: now)
    }

    func pendingBlocks(
        of page: PageID,
        after: CustomerID?,
        rowsMax: Int
    ) async throws(StoreError) -> [StoredCustomer] {
        let page = try await self.seen(page)
        return try await self.base.pendingBlocks(of: page, after: after, rowsMax: rowsMax)
    }

    func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) async throws(StoreError) -> TextPage {
        let business = self.seenWhole(business)
        return try await self.base.storedTexts(of: business, after: after, rowsMax: rowsMax)
    }

    func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant
    ) async throws(StoreError) -> FindingsAnswer {
        try await self.base.acceptFindings(
            updates,
            of: self.seenWhole(business),
            by: author,
            answer: answer,
            now: now
        )
    }

    /// What is about all of a business is not for those who see some of its pages.
    func seenWhole(_ business: BusinessID) -> BusinessID {
        self.scope.pages == nil ? self.seen(business) : .nobody
    }

    // MARK: Outboxes

    func push(_ batch: MutationBatch, now: Instant) async throws(StoreError) -> PushAnswer {
        var batch = batch
        batch.businessID = self.seen(batch.businessID)
        for index in batch.mutations.indices {
            switch batch.mutations[index].change {
            case .edit(let id, let edit):
                batch.mutations[index].change = .edit(try await self.seen(id), edit)
            case .block(var item):
                item.id = try await self.seen(item.id)
                batch.mutations[index].change = .block(item)
            case .refused:
                break
            }
        }
        return try await self.base.push(batch, now: now)
    }

    // MARK: What the server does by itself

    func observeCommits(_ observer: @escaping CommitObserver) {
        self.base.observeCommits(observer)
    }

    func dropTexts(receivedBefore: Instant, rowsMax: Int) async throws(StoreError) -> Bool {
        false
    }

    func compactTombstones(before: Instant, rowsMax: Int) async throws(StoreError) -> Int { 0 }
}
