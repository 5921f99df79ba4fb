internal import KhachCore

/// The feed: four tables, each in order of sequence, merged. Called inside a snapshot.
extension Reader {
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

    func changes(_ query: ChangeQuery) throws(StoreError) -> ChangePage {
        guard let feed = try self.feed(of: query.businessID) else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        var page = ChangePage(
            through: feed.head,
            head: feed.head,
            customersEstimate: UInt64(max(0, feed.customers))
        )
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
            let after =
                sources[index].kind == .tombstone
                ? max(query.after, query.tombstonesAfter) : query.after
            sources[index].statement.bind(1, query.businessID.rawValue)
            // A position that no sequence can reach finds nothing.
            sources[index].statement.bind(2, Int64(clamping: after))
            try sources[index].advance()
        }
        page.bytes.reserveCapacity(min(query.bytesMax, query.rowsMax << 8))
        while let next = Self.lowest(of: sources), let seq = sources[next].seq {
            let record = sources[next].statement.bytes(1)
            let isFull =
                page.entries.count >= query.rowsMax
                || page.bytes.count + record.count > query.bytesMax
            if isFull, let last = page.entries.last {
                page.through = last.seq
                break
            }
            let start = page.bytes.count
            page.bytes.append(contentsOf: record)
            page.entries.append(
                ChangePage.Entry(
                    seq: seq,
                    kind: sources[next].kind,
                    range: start..<page.bytes.count
                )
            )
            try sources[next].advance()
        }
        return page
    }

    func feed(
        of business: BusinessID
    ) throws(StoreError) -> (head: CommitSequence, customers: Int64)? {
        let select = self.statements.selectFeed
        select.bind(1, business.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return (CommitSequence(bitPattern: select.integer(0)), select.integer(1))
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
