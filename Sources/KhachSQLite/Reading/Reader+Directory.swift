internal import KhachCore

extension Reader {
    func business(_ id: BusinessID) throws(StoreError) -> Business? {
        let select = self.statements.selectBusiness
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return Business(row: select)
    }

    func businesses(after: BusinessID?, rowsMax: Int) throws(StoreError) -> [Business] {
        let select = self.statements.listBusinesses
        select.bind(1, after?.rawValue ?? -1)
        select.bind(2, Int64(rowsMax))
        defer { select.reset() }
        var businesses: [Business] = []
        while try select.step() {
            businesses.append(Business(row: select))
        }
        return businesses
    }

    func pages(
        of business: BusinessID,
        after: PageID?,
        rowsMax: Int
    ) throws(StoreError) -> [Page] {
        let select = self.statements.listPages
        select.bind(1, business.rawValue)
        select.bind(2, after?.rawValue ?? -1)
        select.bind(3, Int64(rowsMax))
        defer { select.reset() }
        var pages: [Page] = []
        while try select.step() {
            guard let channel = UInt8(exactly: select.integer(1)).flatMap(Channel.init) else {
                throw StoreError(.corrupt, "a channel expected, another number found")
            }

            pages.append(
                Page(
                    id: PageID(rawValue: select.integer(0)),
                    businessID: business,
                    key: PageKey(channel: channel, externalPageID: select.text(2)),
                    name: select.text(3),
                    createdAt: select.instant(4)
                )
            )
        }
        return pages
    }
}

extension Business {
    fileprivate init(row: Statement) {
        self.init(
            id: BusinessID(rawValue: row.integer(0)),
            name: row.text(1),
            timeZone: row.text(2),
            locale: row.text(3),
            createdAt: row.instant(4)
        )
    }
}
