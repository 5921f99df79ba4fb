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
            let id = PageID(rawValue: select.integer(0))
            pages.append(try Page(id, business, row: select))
        }
        return pages
    }

    /// Where a customer is, or was.
    func place(of id: CustomerID) throws(StoreError) -> CustomerPlace? {
        let select = self.history.selectPlace
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return CustomerPlace(
            business: BusinessID(rawValue: select.integer(0)),
            page: PageID(rawValue: select.integer(1))
        )
    }

    func page(_ key: PageKey) throws(StoreError) -> Page? {
        let select = self.history.selectPageID
        select.bind(1, Int64(key.channel.rawValue))
        let id = try select.lend([(2, key.externalPageID)]) { () throws(StoreError) -> PageID? in
            guard try select.step() else { return nil }

            defer { select.reset() }
            return PageID(rawValue: select.integer(0))
        }
        guard let id else { return nil }

        return try self.page(id)
    }

    func page(_ id: PageID) throws(StoreError) -> Page? {
        let select = self.history.selectPage
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return try Page(id, BusinessID(rawValue: select.integer(0)), row: select)
    }
}

extension Page {
    /// Reads a row: channel, external id, name, time, own contacts, and block mode from column 1.
    fileprivate init(
        _ id: PageID,
        _ business: BusinessID,
        row: Statement
    ) throws(StoreError) {
        guard let channel = UInt8(exactly: row.integer(1)).flatMap(Channel.init) else {
            throw StoreError(.corrupt, "a channel expected, another number found")
        }

        self.init(
            id: id,
            businessID: business,
            key: PageKey(channel: channel, externalPageID: row.text(2)),
            name: row.text(3),
            createdAt: row.instant(4),
            ownContacts: [ContactPoint.Key](lines: row.text(5)),
            blockMode: BlockMode(rawValue: UInt8(clamping: row.integer(6))) ?? .local
        )
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
