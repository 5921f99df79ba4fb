package import KhachCore

extension MemoryStore {
    func attempt<Answer: Sendable>(
        _ body: (inout sending MemoryState) throws(StoreError) -> sending Answer
    ) throws(StoreError) -> Answer {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in try body(&state) }
        }
        return try result.get()
    }

    package func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> EditAnswer {
        try self.attempt { (state) throws(StoreError) in
            try state.edit(id, edit, by: author, now: now, self.codec)
        }
    }

    package func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [BlockAnswer] {
        try self.attempt { (state) throws(StoreError) in
            try state.changeBlocks(items, by: author, now: now, self.codec)
        }
    }

    package func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> LinkAnswer {
        try self.attempt { (state) throws(StoreError) in
            try state.link(id, with: target, by: author, now: now, self.codec)
        }
    }

    package func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> CommitSequence {
        try self.attempt { (state) throws(StoreError) in
            try state.erase(id, by: author, now: now, self.codec)
        }
    }

    package func push(
        _ batch: MutationBatch,
        now: Instant
    ) async throws(StoreError) -> PushAnswer {
        try self.attempt { (state) throws(StoreError) in
            try state.push(batch, now: now, self.codec)
        }
    }

    package func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant
    ) async throws(StoreError) -> [ProfileOutcome] {
        self.state.withLock { $0.recordProfiles(profiles, now: now, self.codec) }
    }

    package func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        try self.attempt { (state) throws(StoreError) in
            try state.updateBusiness(id, update, by: author, now: now, self.codec)
        }
    }

    package func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        try self.attempt { (state) throws(StoreError) in
            try state.updatePage(id, update, by: author, now: now, self.codec)
        }
    }

    package func setRoleAccounts(
        of page: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [CustomerID] {
        try self.attempt { (state) throws(StoreError) in
            try state.setRoleAccounts(page, accounts, by: author, now: now, self.codec)
        }
    }

    package func page(_ id: PageID) async throws(StoreError) -> Page? {
        self.state.withLock { $0.pages[id]?.value }
    }

    package func roleAccounts(of page: PageID) async throws(StoreError) -> [RoleAccount] {
        self.state.withLock { $0.roles[page] ?? [] }
    }

    package func explain(
        _ id: CustomerID,
        _ key: ContactPoint.Key
    ) async throws(StoreError) -> ContactExplanation? {
        try self.attempt { (state) throws(StoreError) in try state.explain(id, key) }
    }

    package func auditEntries(
        of business: BusinessID,
        customer: CustomerID?,
        before: UInt64?,
        rowsMax: Int
    ) async throws(StoreError) -> [AuditEntry] {
        self.state.withLock { state in
            let entries = (state.audit[business] ?? []).filter { entry in
                (customer == nil || entry.change.customerID == customer)
                    && (before.map { entry.number < $0 } ?? true)
            }
            return Array(entries.reversed().prefix(rowsMax))
        }
    }

    package func appendAudit(
        _ change: AuditChange,
        of business: BusinessID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) {
        try self.attempt { (state) throws(StoreError) in
            guard state.businesses[business] != nil else {
                throw StoreError(.notFound, "an existing business expected, none found")
            }
            state.note([change], business, author, now)
        }
    }

    package func pendingBlocks(
        of page: PageID,
        after: CustomerID?,
        rowsMax: Int
    ) async throws(StoreError) -> [StoredCustomer] {
        try self.attempt { (state) throws(StoreError) in
            let pending = state.customers.values.filter { row in
                let block = row.value.block?.state
                return row.value.pageID == page && (after.map { row.value.id > $0 } ?? true)
                    && (block == .pendingBlock || block == .pendingUnblock)
            }.map(\.value.id).sorted().prefix(rowsMax)
            var customers: [StoredCustomer] = []
            for id in pending { customers.append(try state.stored(id)) }
            return customers
        }
    }

    package func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) async throws(StoreError) -> TextPage {
        self.state.withLock { $0.storedTexts(of: business, after: after, rowsMax: rowsMax) }
    }

    package func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant
    ) async throws(StoreError) -> FindingsAnswer {
        try self.attempt { (state) throws(StoreError) in
            try state.acceptFindings(
                updates,
                of: business,
                by: author,
                answer: answer,
                now: now,
                self.codec
            )
        }
    }

    package func dropTexts(
        receivedBefore: Instant,
        rowsMax: Int
    ) async throws(StoreError) -> Bool {
        self.state.withLock { $0.dropTexts(receivedBefore: receivedBefore, rowsMax: rowsMax) }
    }
}
