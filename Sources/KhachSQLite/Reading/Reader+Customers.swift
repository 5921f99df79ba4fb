internal import KhachCore

/// Lists, counts and statistics: the index finds them. Called inside a snapshot.
extension Reader {
    func customers(_ query: CustomerQuery) throws(StoreError) -> CustomerPage {
        try self.checkPages(query.filter.pages, of: query.filter.businessID)
        let head = try self.feed(of: query.filter.businessID)?.head ?? 0
        // One more than is shown tells whether there are more.
        let positions = try self.index.list(query, rowsMax: query.rowsMax + 1)
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
        try self.checkPages(filter.pages, of: filter.businessID)
        let head = try self.feed(of: filter.businessID)?.head ?? 0
        let count = try self.index.count(filter, countMax: countMax + 1)
        return CustomerCount(
            count: min(count, countMax),
            isCapped: count > countMax,
            head: head
        )
    }

    func statistics(_ query: StatisticsQuery) throws(StoreError) -> Statistics {
        try self.checkPages(query.pages, of: query.businessID)
        let head = try self.feed(of: query.businessID)?.head ?? 0
        let found = try self.index.statistics(query)
        return Statistics(rows: found.rows, totals: found.totals, head: head)
    }

    /// A page of another business is as absent as one that never was (S14).
    private func checkPages(
        _ pages: [PageID],
        of business: BusinessID
    ) throws(StoreError) {
        let select = self.statements.selectPageBusiness
        for page in pages {
            select.bind(1, page.rawValue)
            defer { select.reset() }
            guard try select.step(), select.integer(0) == business.rawValue else {
                throw .foreignPage(page)
            }
        }
    }
}
