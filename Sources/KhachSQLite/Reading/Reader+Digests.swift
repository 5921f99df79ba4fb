internal import KhachCore

/// What caches compare themselves with. Called inside a snapshot.
extension Reader {
    func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?
    ) throws(StoreError) -> DigestState {
        let head = try self.head(of: business)
        let all = try self.pageIDs(of: business).filter { scope?.contains($0) ?? true }
        var directory = RecordDigest.zero
        directory += try self.digest(of: business.rawValue, self.digestStatements.selectBusiness)
        for page in all {
            directory += try self.digest(of: page.rawValue, self.digestStatements.selectPage)
        }
        if let foreign = pages?.first(where: { !all.contains($0) }) {
            throw StoreError.foreignPage(foreign)
        }

        var digests: [PageDigest] = []
        for page in pages?.sorted() ?? all {
            digests.append(try self.digest(of: page))
        }
        return DigestState(head: head, directory: directory, pages: digests)
    }

    func revisions(_ query: RevisionQuery) throws(StoreError) -> RevisionPage {
        var page = RevisionPage(head: try self.head(of: query.businessID))
        guard try self.pageIDs(of: query.businessID).contains(query.pageID) else {
            throw StoreError.foreignPage(query.pageID)
        }

        let scan = self.digestStatements.scanCustomers
        scan.bind(1, query.businessID.rawValue)
        scan.bind(2, query.after?.rawValue ?? -1)
        defer { scan.reset() }
        var scanned = 0
        while try scan.step() {
            let id = scan.integer(0)
            if query.slots.contains(UInt8(truncatingIfNeeded: RecordDigest.slot(of: id))) {
                try self.appendRevision(id, of: query.pageID, to: &page)
            }
            scanned += 1
            if page.revisions.count == query.rowsMax || scanned == query.scanMax {
                page.next = CustomerID(rawValue: id)
                return page
            }
        }
        return page
    }

    func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int
    ) throws(StoreError) -> RecordBatch {
        var batch = RecordBatch(head: try self.head(of: business), bytesMax: bytesMax)
        for id in ids {
            let (kind, number, select) =
                switch id {
                case .business(let id):
                    (ChangeKind.business, id.rawValue, self.digestStatements.selectBusiness)
                case .page(let id):
                    (ChangeKind.page, id.rawValue, self.digestStatements.selectPage)
                case .customer(let id):
                    (ChangeKind.customer, id.rawValue, self.digestStatements.selectCustomer)
                }
            select.bind(1, number)
            if try select.step() {
                defer { select.reset() }
                let seq = CommitSequence(bitPattern: select.integer(1))
                guard
                    select.integer(0) != business.rawValue
                        || batch.take(select.bytes(2), seq: seq, kind: kind)
                else { return batch }
            }
            batch.idsDone += 1
        }
        return batch
    }

    private func head(of business: BusinessID) throws(StoreError) -> CommitSequence {
        guard let feed = try self.feed(of: business) else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        return feed.head
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

    func digest(of page: PageID) throws(StoreError) -> PageDigest {
        var digest = PageDigest(page: page)
        let select = self.digestStatements.selectDigests
        select.bind(1, page.rawValue)
        while try select.step() {
            digest.slots[Int(select.integer(0))] = RecordDigest(row: select, from: 1)
        }
        return digest
    }

    /// Of a row of the directory.
    private func digest(of id: Int64, _ select: Statement) throws(StoreError) -> RecordDigest {
        select.bind(1, id)
        guard try select.step() else { return .zero }

        defer { select.reset() }
        return RecordDigest(
            of: id,
            seq: CommitSequence(bitPattern: select.integer(1)),
            record: select.bytes(2)
        )
    }

    private func appendRevision(
        _ id: Int64,
        of pageID: PageID,
        to page: inout RevisionPage
    ) throws(StoreError) {
        let select = self.digestStatements.selectCustomer
        select.bind(1, id)
        guard try select.step() else { return }

        defer { select.reset() }
        guard select.integer(3) == pageID.rawValue else { return }

        let seq = CommitSequence(bitPattern: select.integer(1))
        page.revisions.append(
            RevisionPage.Revision(
                id: CustomerID(rawValue: id),
                seq: seq,
                digest: RecordDigest(of: id, seq: seq, record: select.bytes(2))
            )
        )
    }
}
