internal import KhachCore

/// Lists and counts, each by ranges of one index. Called inside a snapshot.
extension Reader {
    /// The rows of one index range, newest first, read a few at a time.
    private struct Run {
        var page: PageID?
        /// Read but not taken, the next one last.
        var ready: [CustomerPosition] = []
        var after: CustomerPosition?
        var isAtEnd = false
    }

    func customers(_ query: CustomerQuery) throws(StoreError) -> CustomerPage {
        let head = try self.feed(of: query.filter.businessID)?.head ?? 0
        let positions = try self.positions(query, rowsMax: query.rowsMax + 1)
        var page = CustomerPage(ranges: [], bytes: [], next: nil, head: head)
        page.ranges.reserveCapacity(positions.count)
        page.bytes.reserveCapacity(positions.count << 8)
        let select = self.statements.selectCustomer
        for position in positions.prefix(query.rowsMax) {
            select.bind(1, position.id.rawValue)
            guard try select.step() else {
                throw StoreError(.corrupt, "a row of an indexed customer expected, none found")
            }

            let start = page.bytes.count
            page.bytes.append(contentsOf: select.bytes(2))
            page.ranges.append(start..<page.bytes.count)
            select.reset()
        }
        if positions.count > query.rowsMax {
            page.next = positions[query.rowsMax - 1]
        }
        return page
    }

    /// Counts up to `countMax`.
    func count(
        _ filter: CustomerFilter,
        countMax: Int = Limits.countMax
    ) throws(StoreError) -> CustomerCount {
        let head = try self.feed(of: filter.businessID)?.head ?? 0
        // One more than is counted shows that there are more.
        var rest = Int64(countMax) + 1
        if filter.pages.isEmpty {
            rest -= try self.count(
                self.statements.countBusiness,
                filter.businessID.rawValue,
                filter,
                rest
            )
        } else {
            for page in try self.ownPages(filter) where rest > 0 {
                rest -= try self.count(self.statements.countPage, page.rawValue, filter, rest)
            }
        }
        let count = countMax + 1 - Int(rest)
        return CustomerCount(
            count: min(count, countMax),
            isCapped: count > countMax,
            head: head
        )
    }

    private func count(
        _ select: Statement,
        _ key: Int64,
        _ filter: CustomerFilter,
        _ max: Int64
    ) throws(StoreError) -> Int64 {
        select.bind(1, key)
        select.bind(2, filter.createdFrom?.milliseconds ?? .min)
        select.bind(3, filter.createdBefore?.milliseconds ?? .max)
        select.bind(4, max)
        defer { select.reset() }
        return try select.step() ? select.integer(0) : 0
    }

    /// The filter's pages.
    ///
    /// One of another business is as absent as one that never was (S14).
    private func ownPages(_ filter: CustomerFilter) throws(StoreError) -> [PageID] {
        let select = self.statements.selectPageBusiness
        for page in filter.pages {
            select.bind(1, page.rawValue)
            defer { select.reset() }
            guard try select.step(), select.integer(0) == filter.businessID.rawValue else {
                throw .foreignPage(page)
            }
        }
        return filter.pages
    }

    // MARK: Positions

    /// The first rows after the query's position: of the business's index, or of its pages'
    /// indexes merged.
    private func positions(
        _ query: CustomerQuery,
        rowsMax: Int
    ) throws(StoreError) -> [CustomerPosition] {
        var runs: [Run] =
            query.filter.pages.isEmpty
            ? [Run(page: nil, after: query.after)]
            : try self.ownPages(query.filter).map { Run(page: $0, after: query.after) }
        // Enough for an even share, and a little more.
        let share = min(rowsMax, max(8, 2 * rowsMax / max(1, runs.count)))
        for index in runs.indices {
            try self.fill(&runs[index], query.filter, rowsMax: share)
        }
        // A look at the head of every run for each row: pages are few, and a row costs more.
        var positions: [CustomerPosition] = []
        while positions.count < rowsMax {
            var newest: (run: Int, position: CustomerPosition)?
            for index in runs.indices {
                guard let head = runs[index].ready.last else { continue }

                if newest.map({ head.isNewer(than: $0.position) }) ?? true {
                    newest = (index, head)
                }
            }
            guard let newest else { break }

            positions.append(newest.position)
            runs[newest.run].ready.removeLast()
            if runs[newest.run].ready.isEmpty {
                try self.fill(&runs[newest.run], query.filter, rowsMax: share)
            }
        }
        return positions
    }

    /// Reads the next rows of a run.
    private func fill(
        _ run: inout Run,
        _ filter: CustomerFilter,
        rowsMax: Int
    ) throws(StoreError) {
        guard !run.isAtEnd else { return }

        let from = filter.createdFrom?.milliseconds ?? .min
        var before = filter.createdBefore?.milliseconds ?? .max
        var rows: [CustomerPosition] = []
        if let after = run.after, after.createdAt.milliseconds < before {
            before = after.createdAt.milliseconds
            if before >= from {
                let ties =
                    run.page == nil
                    ? self.statements.businessPositionTies : self.statements.pagePositionTies
                try self.read(ties, run, filter, before, after.id.rawValue, rowsMax, into: &rows)
            }
        }
        if rows.count < rowsMax {
            let older =
                run.page == nil
                ? self.statements.businessPositions : self.statements.pagePositions
            try self.read(older, run, filter, from, before, rowsMax - rows.count, into: &rows)
        }
        run.isAtEnd = rows.count < rowsMax
        run.after = rows.last ?? run.after
        run.ready = rows.reversed()
    }

    private func read(
        _ select: Statement,
        _ run: Run,
        _ filter: CustomerFilter,
        _ second: Int64,
        _ third: Int64,
        _ rowsMax: Int,
        into rows: inout [CustomerPosition]
    ) throws(StoreError) {
        select.bind(1, run.page?.rawValue ?? filter.businessID.rawValue)
        select.bind(2, second)
        select.bind(3, third)
        select.bind(4, Int64(rowsMax))
        defer { select.reset() }
        while try select.step() {
            rows.append(
                CustomerPosition(
                    createdAt: select.instant(0),
                    id: CustomerID(rawValue: select.integer(1))
                )
            )
        }
    }
}

extension CustomerPosition {
    fileprivate func isNewer(than other: Self) -> Bool {
        self.createdAt == other.createdAt ? self.id > other.id : self.createdAt > other.createdAt
    }
}
