internal import KhachCore

/// What a `MemoryStore` holds: values by id, each with its record and sequence.
struct MemoryState: Sendable {
    struct Row<Value: Sendable>: Sendable {
        var value: Value
        var seq: CommitSequence
        var record: [UInt8]
    }

    struct Tombstone: Sendable {
        var id: CustomerID
        var page: PageID
        var seq: CommitSequence
        var at: Instant
        var record: [UInt8]
    }

    /// An opaque id is its bytes.
    struct Key: Hashable {
        var page: PageID
        var bytes: [UInt8]

        init(_ page: PageID, _ text: String) {
            self.page = page
            self.bytes = Array(text.utf8)
        }
    }

    var businesses: [BusinessID: Row<Business>] = [:]
    var pages: [PageID: Row<Page>] = [:]
    var customers: [CustomerID: Row<Customer>] = [:]
    var heads: [BusinessID: CommitSequence] = [:]
    /// What is still to be told of.
    var changedHeads: [BusinessID: CommitSequence] = [:]
    var identities: [Key: CustomerID] = [:]
    /// By page, and kind and id with a NUL between them.
    var otherIdentities: [Key: CustomerID] = [:]
    var registers: [Key: InteractionRegister] = [:]
    /// In order of their first delivery.
    var registerKeys: [Key] = []
    var redirects: [CustomerID: CustomerID] = [:]
    var roles: [PageID: [RoleAccount]] = [:]
    var audit: [BusinessID: [AuditEntry]] = [:]
    var requests: [BusinessID: [String: (at: Instant, Authorship, answer: Answer)]] = [:]
    var outboxes: [ClientKey: Outbox] = [:]
    /// Until when all is in a backup.
    var lastBackup: Instant?
    /// In order of sequence and of time.
    var tombstones: [BusinessID: [Tombstone]] = [:]
    var horizons: [BusinessID: CommitSequence] = [:]
    var droppedCount = 0
    var tokens: [AccessToken] = []
    let zones: ZoneRules
    private var identifiers = IdentifierSequence(after: 0)

    init(zones: ZoneRules) {
        self.zones = zones
    }

    func calendar(_ business: BusinessID) -> LocalCalendar {
        self.businesses[business].flatMap { self.zones.calendar($0.value.timeZone) } ?? .utc
    }

    func head(_ business: BusinessID) -> CommitSequence { self.heads[business] ?? 0 }

    mutating func createBusiness(
        _ new: NewBusiness,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) -> Business {
        let business = Business(
            id: BusinessID(rawValue: self.identifiers.next(now: now)),
            name: new.name,
            timeZone: new.timeZone,
            locale: new.locale,
            createdAt: now
        )
        self.businesses[business.id] = Row(
            value: business,
            seq: self.nextSequence(business.id),
            record: codec.encodeBusiness(business)
        )
        self.note([.creation(of: business)], business.id, author, now)
        return business
    }

    mutating func createPage(
        _ new: NewPage,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> Page {
        guard self.businesses[new.businessID] != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        guard self.page(new.key) == nil else {
            throw StoreError(.alreadyExists, "an unused page key expected, a used one found")
        }

        let page = Page(
            id: PageID(rawValue: self.identifiers.next(now: now)),
            businessID: new.businessID,
            key: new.key,
            name: new.name,
            createdAt: now
        )
        self.pages[page.id] = Row(
            value: page,
            seq: self.nextSequence(page.businessID),
            record: codec.encodePage(page)
        )
        self.note([.creation(of: page)], page.businessID, author, now)
        return page
    }

    mutating func record(
        _ interactions: [Interaction],
        now: Instant,
        _ codec: RecordCodec
    ) -> [InteractionOutcome] {
        var changed: [Customer] = []
        var outcomes: [InteractionOutcome] = []
        for interaction in interactions {
            guard let page = self.page(interaction.page) else {
                outcomes.append(InteractionOutcome(result: .unknownPage))
                continue
            }
            let key = Key(page.id, interaction.eventKey)
            let register = self.registers[key]
            if register == nil { self.registerKeys.append(key) }
            let author = Recording.author(of: interaction)
            let id = register?.customerID ?? author.flatMap { self.identities[Key(page.id, $0)] }
            let known = id.flatMap { id in
                changed.last { $0.id == id } ?? self.customers[id]?.value
            }
            var identifiers = self.identifiers
            let decision = Recording.decide(
                interaction,
                on: page,
                register: register,
                customer: known,
                calendar: self.calendar(page.businessID),
                now: now,
                newID: { CustomerID(rawValue: identifiers.next(now: now)) }
            )
            self.identifiers = identifiers
            self.registers[key] = decision.register
            if let index = self.registerKeys.firstIndex(of: key), index < self.droppedCount {
                self.registers[key]?.text = ""
            }
            if let customer = decision.customer {
                self.identities[Key(page.id, customer.externalUserID)] = customer.id
                changed.removeAll { $0.id == customer.id }
                changed.append(customer)
            }
            outcomes.append(decision.outcome)
        }
        for customer in changed {
            self.store(customer, codec)
        }
        return outcomes
    }

    /// What exists, as the feed gives it: an entity's key, sequence and record.
    func live(
        _ business: BusinessID
    ) -> [(key: SnapshotKey, seq: CommitSequence, record: [UInt8])] {
        func row<Value>(
            _ kind: ChangeKind,
            _ id: Int64,
            _ row: Row<Value>
        ) -> (key: SnapshotKey, seq: CommitSequence, record: [UInt8]) {
            (SnapshotKey(kind: kind, id: id), row.seq, row.record)
        }
        let businesses = self.businesses.values.filter { $0.value.id == business }
        let pages = self.pages.values.filter { $0.value.businessID == business }
        let customers = self.customers.values.filter { $0.value.businessID == business }
        return businesses.map { row(.business, $0.value.id.rawValue, $0) }
            + pages.map { row(.page, $0.value.id.rawValue, $0) }
            + customers.map { row(.customer, $0.value.id.rawValue, $0) }
    }

    func changes(_ query: ChangeQuery) throws(StoreError) -> ChangePage {
        guard self.businesses[query.businessID] != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        let live = self.live(query.businessID)
        var page = ChangePage(
            query,
            head: self.head(query.businessID),
            tombstoneHorizon: self.horizons[query.businessID] ?? 0,
            customersEstimate: UInt64(
                live.count { $0.key.kind == .customer && query.includes(self.page(of: $0.key)) }
            )
        )
        switch page.next {
        case .snapshot(let after, let startedAt):
            for row in live.sorted(by: { $0.key < $1.key }) where row.key > after {
                let next = FeedPosition.snapshot(after: row.key, startedAt: startedAt)
                let change = (row.key.kind, row.seq, row.record)
                guard self.give(change, of: self.page(of: row.key), query, next, &page) else {
                    return page
                }
            }
            page.next = .delta(after: startedAt)
        case .delta(let after):
            var rows = live.map {
                (kind: $0.key.kind, seq: $0.seq, record: $0.record, page: self.page(of: $0.key))
            }
            for gone in self.tombstones[query.businessID] ?? [] {
                rows.append((.tombstone, gone.seq, gone.record, gone.page))
            }
            for row in rows.sorted(by: { $0.seq < $1.seq }) where row.seq > after {
                let change = (row.kind, row.seq, row.record)
                guard self.give(change, of: row.page, query, .delta(after: row.seq), &page) else {
                    return page
                }
            }
            page.next = .delta(after: max(after, page.head))
        }
        return page
    }

    /// Takes a change into a page, or passes over it; false when the page ends.
    private func give(
        _ change: (kind: ChangeKind, seq: CommitSequence, record: [UInt8]),
        of pageID: PageID?,
        _ query: ChangeQuery,
        _ next: FeedPosition,
        _ page: inout ChangePage
    ) -> Bool {
        guard query.includes(pageID) else {
            page.next = next
            return page.skip()
        }
        guard page.hasRoom(for: change.record.count) else { return false }

        page.append(change.record, seq: change.seq, kind: change.kind)
        page.next = next
        return true
    }

    private func page(of key: SnapshotKey) -> PageID? {
        switch key.kind {
        case .page: PageID(rawValue: key.id)
        case .customer: self.customers[CustomerID(rawValue: key.id)]?.value.pageID
        default: nil
        }
    }

    /// Writes a customer, with what interactions say made from all its registers, whatever joins
    /// said.
    mutating func store(_ joined: Customer, _ codec: RecordCodec) {
        var customer = joined
        let registers = self.registers.values.filter { $0.customerID == joined.id }
        if registers.contains(where: \.counts) {
            customer.rebuild(from: registers, self.calendar(joined.businessID))
        }
        let record = codec.encodeCustomer(customer)
        if let known = self.customers[customer.id], known.record == record {
            self.customers[customer.id]?.value = customer
        } else {
            let seq = self.nextSequence(customer.businessID)
            self.customers[customer.id] = Row(value: customer, seq: seq, record: record)
        }
    }

    func page(_ key: PageKey) -> Page? {
        self.pages.values.first { $0.value.key == key }?.value
    }

    mutating func nextIdentifier(now: Instant) -> Int64 { self.identifiers.next(now: now) }

    mutating func nextSequence(_ business: BusinessID) -> CommitSequence {
        let seq = self.head(business) + 1
        self.heads[business] = seq
        self.changedHeads[business] = seq
        return seq
    }
}
