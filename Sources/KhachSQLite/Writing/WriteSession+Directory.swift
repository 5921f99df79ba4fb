internal import KhachCore

/// Businesses and pages: rare, so each is written at once.
extension WriteSession {
    func createBusiness(_ new: NewBusiness, now: Instant) throws(StoreError) -> Business {
        let business = Business(
            id: BusinessID(rawValue: self.nextIdentifier(now: now)),
            name: new.name,
            timeZone: new.timeZone,
            locale: new.locale,
            createdAt: now
        )
        let insert = self.statements.insertBusiness
        insert.bind(1, business.id.rawValue)
        insert.bind(5, business.createdAt)
        try business.name.lend { (name) throws(StoreError) in
            try business.timeZone.lend { (timeZone) throws(StoreError) in
                try business.locale.lend { (locale) throws(StoreError) in
                    try self.codec.encodeBusiness(business).lend { (record) throws(StoreError) in
                        insert.bind(2, text: name)
                        insert.bind(3, text: timeZone)
                        insert.bind(4, text: locale)
                        insert.bind(6, blob: record)
                        try insert.run()
                    }
                }
            }
        }
        self.feeds[business.id] = Feed(head: 1, customers: 0)
        return business
    }

    func createPage(_ new: NewPage, now: Instant) throws(StoreError) -> Page {
        guard try self.feed(of: new.businessID) != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        guard try self.page(new.key) == nil else {
            throw StoreError(.alreadyExists, "an unused page key expected, a used one found")
        }

        let page = Page(
            id: PageID(rawValue: self.nextIdentifier(now: now)),
            businessID: new.businessID,
            key: new.key,
            name: new.name,
            createdAt: now
        )
        // Taken now, so before that of any customer of the page.
        let seq = try self.nextSequence(of: page.businessID)
        let insert = self.statements.insertPage
        insert.bind(1, page.id.rawValue)
        insert.bind(2, page.businessID.rawValue)
        insert.bind(3, Int64(page.key.channel.rawValue))
        insert.bind(6, page.createdAt)
        insert.bind(7, Int64(bitPattern: seq))
        try page.key.externalPageID.lend { (externalPageID) throws(StoreError) in
            try page.name.lend { (name) throws(StoreError) in
                try self.codec.encodePage(page).lend { (record) throws(StoreError) in
                    insert.bind(4, text: externalPageID)
                    insert.bind(5, text: name)
                    insert.bind(8, blob: record)
                    try insert.run()
                }
            }
        }
        self.pages[page.key] = page
        return page
    }

    func page(_ key: PageKey) throws(StoreError) -> Page? {
        if let page = self.pages[key] { return page }
        let select = self.statements.selectPage
        select.bind(1, Int64(key.channel.rawValue))
        let page = try key.externalPageID.lend { (text) throws(StoreError) -> Page? in
            select.bind(2, text: text)
            guard try select.step() else { return nil }

            defer { select.reset() }
            return Page(
                id: PageID(rawValue: select.integer(0)),
                businessID: BusinessID(rawValue: select.integer(1)),
                key: key,
                name: select.text(2),
                createdAt: select.instant(3)
            )
        }
        if let page {
            self.pages[key] = page
        }
        return page
    }
}
