internal import KhachCore

/// The feed: what exists by identifier, then what changed by sequence. Called inside a snapshot.
extension Reader {
    func changes(_ query: ChangeQuery) throws(StoreError) -> ChangePage {
        guard let feed = try self.feed(of: query.businessID) else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        var page = ChangePage(
            query,
            head: feed.head,
            tombstoneHorizon: feed.tombstoneHorizon,
            customersEstimate: try self.customersCount(query, of: feed.customers)
        )
        switch page.next {
        case .snapshot(let after, let startedAt):
            try self.readSnapshot(query, after, startedAt, into: &page)
        case .delta(let after):
            try self.readDelta(query, after, into: &page)
        }
        return page
    }

    /// For progress: of the pages that are given.
    private func customersCount(
        _ query: ChangeQuery,
        of all: Int64
    ) throws(StoreError) -> UInt64 {
        guard let pages = query.pages else { return UInt64(max(0, all)) }

        var count: UInt64 = 0
        for page in pages { count += try self.digest(of: page).sum.count }
        return count
    }

    func feed(
        of business: BusinessID
    ) throws(StoreError) -> (
        head: CommitSequence, customers: Int64, tombstoneHorizon: CommitSequence
    )? {
        let select = self.statements.selectFeed
        select.bind(1, business.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return (
            CommitSequence(bitPattern: select.integer(0)), select.integer(1),
            CommitSequence(bitPattern: select.integer(2))
        )
    }

    // MARK: The first pass

    private func readSnapshot(
        _ query: ChangeQuery,
        _ after: SnapshotKey,
        _ startedAt: CommitSequence,
        into page: inout ChangePage
    ) throws(StoreError) {
        let tables: [(kind: ChangeKind, statement: Statement)] = [
            (.business, self.statements.businessByID),
            (.page, self.statements.pagesByID),
            (.customer, self.statements.customersByID),
        ]
        for table in tables where table.kind.rawValue >= after.kind.rawValue {
            let statement = table.statement
            statement.bind(1, query.businessID.rawValue)
            statement.bind(2, table.kind == after.kind ? after.id : 0)
            defer { statement.reset() }
            while try statement.step() {
                let key = SnapshotKey(kind: table.kind, id: statement.integer(0))
                guard query.includes(statement.pageID(3)) else {
                    page.next = .snapshot(after: key, startedAt: startedAt)
                    guard page.skip() else { return }
                    continue
                }
                let record = statement.bytes(2)
                guard page.hasRoom(for: record.count) else { return }

                page.append(
                    record,
                    seq: CommitSequence(bitPattern: statement.integer(1)),
                    kind: table.kind
                )
                page.next = .snapshot(after: key, startedAt: startedAt)
            }
        }
        page.next = .delta(after: startedAt)
    }

    // MARK: Deltas

    /// One of the tables, standing on its next change.
    private struct Source {
        var kind: ChangeKind
        var statement: Statement
        /// `nil` when there are no more; then the statement is reset.
        var seq: CommitSequence?

        mutating func advance() throws(StoreError) {
            self.seq =
                try self.statement.step()
                ? CommitSequence(bitPattern: self.statement.integer(0)) : nil
        }
    }

    /// Four tables, each in order of sequence, merged.
    private func readDelta(
        _ query: ChangeQuery,
        _ after: CommitSequence,
        into page: inout ChangePage
    ) throws(StoreError) {
        var sources = [
            Source(kind: .business, statement: self.statements.businessChange),
            Source(kind: .page, statement: self.statements.pageChanges),
            Source(kind: .customer, statement: self.statements.customerChanges),
            Source(kind: .tombstone, statement: self.statements.tombstones),
        ]
        defer {
            for source in sources {
                source.statement.reset()
            }
        }
        for index in sources.indices {
            sources[index].statement.bind(1, query.businessID.rawValue)
            // A position that no sequence can reach finds nothing.
            sources[index].statement.bind(2, Int64(clamping: after))
            try sources[index].advance()
        }
        while let next = Self.lowest(of: sources), let seq = sources[next].seq {
            guard query.includes(sources[next].statement.pageID(2)) else {
                page.next = .delta(after: seq)
                guard page.skip() else { return }
                try sources[next].advance()
                continue
            }
            let record = sources[next].statement.bytes(1)
            guard page.hasRoom(for: record.count) else { return }

            page.append(record, seq: seq, kind: sources[next].kind)
            page.next = .delta(after: seq)
            try sources[next].advance()
        }
        page.next = .delta(after: max(after, page.head))
    }

    private static func lowest(of sources: [Source]) -> Int? {
        var lowest: (index: Int, seq: CommitSequence)?
        for (index, source) in sources.enumerated() {
            guard let seq = source.seq, lowest.map({ seq < $0.seq }) ?? true else { continue }

            lowest = (index, seq)
        }
        return lowest?.index
    }
}

extension Statement {
    /// `nil` for what is of no page.
    fileprivate func pageID(_ column: Int32) -> PageID? {
        self.isNull(column) ? nil : PageID(rawValue: self.integer(column))
    }
}
