internal import KhachCore

/// Businesses and pages: rare, so each is written at once.
extension WriteSession {
    func createBusiness(
        _ new: NewBusiness,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> Business {
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
        self.feeds[business.id] = Feed(
            head: 1,
            customers: 0,
            auditHead: 0,
            calendar: try self.calendar(named: new.timeZone)
        )
        try self.audit([.creation(of: business)], of: business.id, by: author, now: now)
        return business
    }

    func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> Business {
        guard var business = try self.business(id) else {
            throw StoreError(.notFound, "id: a business expected, found none")
        }
        if let zone = update.timeZone {
            _ = try self.calendar(named: zone)
        }
        let changes = update.apply(to: &business)
        guard !changes.isEmpty else { return business }

        let seq = try self.nextSequence(of: id)
        let statement = self.mutations.updateBusiness
        statement.bind(1, id.rawValue)
        statement.bind(4, Int64(bitPattern: seq))
        try statement.lend([(2, business.name), (3, business.timeZone)]) { () throws(StoreError) in
            try self.codec.encodeBusiness(business).lend { (record) throws(StoreError) in
                statement.bind(5, blob: record)
                try statement.run()
            }
        }
        try self.audit(changes, of: id, by: author, now: now)
        if changes.contains(where: { $0.field == "time_zone" }) {
            self.feeds[id]?.calendar = try self.calendar(named: business.timeZone)
            try self.rebuildCustomers(of: id)
        }
        return business
    }

    private func business(_ id: BusinessID) throws(StoreError) -> Business? {
        let select = self.mutations.selectBusiness
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return Business(
            id: id,
            name: select.text(0),
            timeZone: select.text(1),
            locale: select.text(2),
            createdAt: select.instant(3)
        )
    }

    // MARK: Pages

    func createPage(
        _ new: NewPage,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> Page {
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
        try self.audit([.creation(of: page)], of: page.businessID, by: author, now: now)
        return page
    }

    func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> Page {
        var page = try self.existingPage(id)
        let changes = try update.apply(to: &page)
        guard !changes.isEmpty else { return page }

        let seq = try self.nextSequence(of: page.businessID)
        let statement = self.mutations.updatePage
        statement.bind(1, id.rawValue)
        statement.bind(4, Int64(page.blockMode.rawValue))
        statement.bind(5, Int64(bitPattern: seq))
        try statement.lend([(2, page.name), (3, page.ownContacts.lines)]) {
            () throws(StoreError) in
            try self.codec.encodePage(page).lend { (record) throws(StoreError) in
                statement.bind(6, blob: record)
                try statement.run()
            }
        }
        self.pages[page.key] = page
        try self.audit(changes, of: page.businessID, by: author, now: now)
        return page
    }

    func page(of customer: Customer) throws(StoreError) -> Page {
        guard let page = try self.page(customer.pageID) else {
            throw StoreError(.corrupt, "the page of a customer expected, none found")
        }
        return page
    }

    func existingPage(_ id: PageID) throws(StoreError) -> Page {
        guard let page = try self.page(id) else {
            throw StoreError(.notFound, "page_id: a page expected, found none")
        }
        return page
    }

    func page(_ id: PageID) throws(StoreError) -> Page? {
        let select = self.mutations.selectPageByID
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        guard let channel = UInt8(exactly: select.integer(0)).flatMap(Channel.init),
            let page = try self.page(
                PageKey(channel: channel, externalPageID: select.text(1))
            )
        else { throw StoreError(.corrupt, "a page's row expected, one that is none found") }

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
                createdAt: select.instant(3),
                ownContacts: [ContactPoint.Key](lines: select.text(4)),
                blockMode: BlockMode(rawValue: UInt8(clamping: select.integer(5))) ?? .local
            )
        }
        if let page {
            self.pages[key] = page
        }
        return page
    }
}

extension [ContactPoint.Key] {
    /// One a line: its kind, then its value.
    var lines: String {
        self.map { "\($0.kind.rawValue)\($0.value)" }.joined(separator: "\n")
    }

    init(lines: String) {
        self = lines.split(separator: "\n").compactMap { line in
            guard let kind = line.first.flatMap({ UInt8(String($0)) }),
                let kind = ContactFinding.Kind(rawValue: kind)
            else { return nil }

            return ContactPoint.Key(kind: kind, value: String(line.dropFirst()))
        }
    }
}
