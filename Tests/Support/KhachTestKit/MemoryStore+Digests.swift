internal import CKhachDigest
package import KhachCore

/// Digests made from everything at each question: what the kept ones are compared with.
extension MemoryStore {
    package func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in
                try state.digests(of: business, pages: pages, within: scope)
            }
        }
        return try result.get()
    }

    package func revisions(
        _ query: RevisionQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> RevisionPage {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in try state.revisions(query) }
        }
        return try result.get()
    }

    package func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int,
        deadline: Deadline?
    ) async throws(StoreError) -> RecordBatch {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in
                try state.records(of: business, ids, bytesMax: bytesMax)
            }
        }
        return try result.get()
    }
}

extension MemoryStore {
    package func compactTombstones(
        before: Instant,
        rowsMax: Int
    ) async throws(StoreError) -> Int {
        self.state.withLock { $0.compactTombstones(before: before, rowsMax: rowsMax) }
    }
}

extension MemoryState {
    func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?
    ) throws(StoreError) -> DigestState {
        try self.checkPages(pages ?? [], of: business)
        if let scope, let foreign = pages?.first(where: { !scope.contains($0) }) {
            throw StoreError.foreignPage(foreign)
        }
        let own = self.pages.keys.filter {
            self.pages[$0]?.value.businessID == business && scope?.contains($0) ?? true
        }
        var state = DigestState(
            head: self.head(business),
            directory: .zero,
            pages: (pages ?? own).sorted().map { PageDigest(page: $0) }
        )
        for row in self.live(business) {
            let digest = Self.digest(row.key.id, row.seq, row.record)
            guard row.key.kind == .customer else {
                let isSeen = row.key.kind == .business || own.contains { $0.rawValue == row.key.id }
                if isSeen { state.directory += digest }
                continue
            }
            let page = self.customers[CustomerID(rawValue: row.key.id)]?.value.pageID
            if let index = state.pages.firstIndex(where: { $0.page == page }) {
                state.pages[index].slots[Int(khach_digest_slot(row.key.id))] += digest
            }
        }
        return state
    }

    func revisions(_ query: RevisionQuery) throws(StoreError) -> RevisionPage {
        try self.checkPages([query.pageID], of: query.businessID)
        var page = RevisionPage(head: self.head(query.businessID))
        let rows = self.customers.sorted { $0.key < $1.key }.filter { id, row in
            row.value.pageID == query.pageID && id > (query.after ?? CustomerID(rawValue: -1))
                && query.slots.contains(UInt8(khach_digest_slot(id.rawValue)))
        }
        page.revisions = rows.prefix(query.rowsMax).map { id, row in
            .init(id: id, seq: row.seq, digest: Self.digest(id.rawValue, row.seq, row.record))
        }
        page.next = rows.count > query.rowsMax ? page.revisions.last?.id : nil
        return page
    }

    func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int
    ) throws(StoreError) -> RecordBatch {
        try self.checkPages([], of: business)
        var batch = RecordBatch(head: self.head(business), bytesMax: bytesMax)
        let live = self.live(business)
        for id in ids {
            let key =
                switch id {
                case .business(let id): SnapshotKey(kind: .business, id: id.rawValue)
                case .page(let id): SnapshotKey(kind: .page, id: id.rawValue)
                case .customer(let id): SnapshotKey(kind: .customer, id: id.rawValue)
                }
            if let row = live.first(where: { $0.key == key }),
                !batch.take(row.record, seq: row.seq, kind: key.kind)
            {
                return batch
            }
            batch.idsDone += 1
        }
        return batch
    }

    private static func digest(
        _ id: Int64,
        _ seq: CommitSequence,
        _ record: [UInt8]
    ) -> RecordDigest {
        let digest = khach_digest_row(id, seq, record, record.count)
        return RecordDigest(low: digest.low, high: digest.high, count: digest.count)
    }

    private func checkPages(
        _ pages: [PageID],
        of business: BusinessID
    ) throws(StoreError) {
        guard self.businesses[business] != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        for page in pages where self.pages[page]?.value.businessID != business {
            throw StoreError.foreignPage(page)
        }
    }
}
