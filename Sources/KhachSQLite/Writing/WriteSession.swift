internal import KhachCore

/// The one connection that writes: every change of a store is made here, on one thread.
///
/// Knows nothing of callers and threads; `Writer` owns those.
final class WriteSession {
    /// A business's feed: the last sequence given out, and how many customers it has.
    struct Feed {
        var head: CommitSequence
        var customers: Int64
        /// The last line of the audit.
        var auditHead: UInt64
        var calendar: LocalCalendar
        var isChanged = false
    }

    let database: Database
    let codec: RecordCodec
    let zones: ZoneRules
    let statements: WriteStatements
    let mutations: MutationStatements
    let outbox: OutboxStatements
    let index: CustomerIndex
    var identifiers: IdentifierSequence
    var lastIdentifier: Int64
    var storedIdentifier: Int64

    var pages: [PageKey: Page] = [:]
    var feeds: [BusinessID: Feed] = [:]
    var changedFeeds: [BusinessID] = []
    /// What the group wrote of feeds: told of once it is committed.
    private var writtenHeads: [CommittedHead] = []
    var customers = CustomerCache()
    var eventKeys: EventKeys
    var digests: PageDigests
    /// In the order in which the group touched them, which is the order of their sequences.
    var touched: [CustomerEntry] = []
    /// The ids with a role, as bytes, of the pages that were asked for.
    var roleHolders: [PageID: Set<[UInt8]>] = [:]
    /// The last row whose text was dropped.
    var droppedRow: Int64
    /// Whether the log may hold what was erased: at first, by a process that was killed.
    var hasErased = true

    static let pagesMax = 65_536
    private static let feedsMax = 65_536

    init(
        database: Database,
        meta: Meta,
        codec: RecordCodec,
        zones: ZoneRules,
        gatheredKeysMax: Int
    ) throws(StoreError) {
        self.database = database
        self.eventKeys = EventKeys(gatheredMax: gatheredKeysMax)
        self.codec = codec
        self.zones = zones
        self.statements = try WriteStatements(database)
        self.mutations = try MutationStatements(database)
        self.outbox = try OutboxStatements(database)
        self.index = try CustomerIndex(database)
        self.digests = try PageDigests(database)
        self.droppedRow = try Self.readDroppedRow(database)
        self.identifiers = IdentifierSequence(after: meta.lastIdentifier)
        self.lastIdentifier = meta.lastIdentifier
        self.storedIdentifier = meta.lastIdentifier
        try self.gatherEventKeys()
    }

    // MARK: A group

    func begin() throws(StoreError) {
        try self.statements.begin.run()
    }

    /// Writes what the group changed, once for each entity.
    func flush() throws(StoreError) {
        for entry in self.touched {
            try self.write(entry)
        }
        try self.digests.write()
        try self.writeEventKeys()
        try self.writeFeeds()
        if self.lastIdentifier != self.storedIdentifier {
            self.statements.updateIdentifier.bind(1, self.lastIdentifier)
            try self.statements.updateIdentifier.run()
            self.storedIdentifier = self.lastIdentifier
        }
    }

    /// Writes what was touched so far, so that nothing but the feeds waits for the end.
    func writeTouched() throws(StoreError) {
        for entry in self.touched {
            try self.write(entry)
            entry.isTouched = false
        }
        self.touched.removeAll(keepingCapacity: true)
    }

    private func writeFeeds() throws(StoreError) {
        for id in self.changedFeeds {
            guard let feed = self.feeds[id] else { continue }

            let update = self.statements.updateFeed
            update.bind(1, Int64(bitPattern: feed.head))
            update.bind(2, feed.customers)
            update.bind(3, id.rawValue)
            update.bind(4, Int64(bitPattern: feed.auditHead))
            try update.run()
            self.feeds[id]?.isChanged = false
            self.writtenHeads.append(CommittedHead(business: id, seq: feed.head))
        }
        self.changedFeeds.removeAll(keepingCapacity: true)
    }

    /// Remembers that the group changed a customer.
    func touch(_ entry: CustomerEntry) {
        guard !entry.isTouched else { return }

        entry.isTouched = true
        self.touched.append(entry)
    }

    /// A customer that is no more.
    func forget(_ entry: CustomerEntry) {
        entry.isTouched = false
        self.touched.removeAll { $0 === entry }
        self.customers.remove(entry)
    }

    func commit() -> ResultCode {
        self.statements.commit.runForResult()
    }

    /// Called after a commit that succeeded, before it is answered.
    func committed() {
        for entry in self.touched {
            entry.isTouched = false
        }
        self.touched.removeAll(keepingCapacity: true)
        self.customers.age()
        self.eventKeys.committed()
        if self.feeds.count > Self.feedsMax { self.feeds.removeAll() }
        if self.pages.count > Self.pagesMax { self.pages.removeAll() }
    }

    /// How far the businesses are that the last commit changed; each is given once.
    func takeHeads() -> [CommittedHead] {
        exchange(&self.writtenHeads, with: [])
    }

    /// Called once a commit is answered: what callers need not wait for.
    func answered() {
        self.eventKeys.beginBatchIfFull()
    }

    /// Forgets the group.
    ///
    /// Identifiers it took are never given out again.
    func rollBack() throws(StoreError) {
        self.touched.removeAll()
        self.customers.removeAll()
        self.eventKeys.rolledBack()
        self.digests.rolledBack()
        self.feeds.removeAll()
        self.changedFeeds.removeAll()
        self.writtenHeads.removeAll()
        self.pages.removeAll()
        self.roleHolders.removeAll()
        self.storedIdentifier = -1
        if self.database.isInTransaction {
            try self.statements.rollback.run()
        }
        self.droppedRow = try Self.readDroppedRow(self.database)
    }

    // MARK: Shared by what is written

    func nextIdentifier(now: Instant) -> Int64 {
        self.lastIdentifier = self.identifiers.next(now: now)
        return self.lastIdentifier
    }

    func feed(of business: BusinessID) throws(StoreError) -> Feed? {
        if let feed = self.feeds[business] { return feed }
        let select = self.statements.selectFeed
        select.bind(1, business.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        let zone = select.text(3)
        let feed = Feed(
            head: CommitSequence(bitPattern: select.integer(0)),
            customers: select.integer(1),
            auditHead: UInt64(bitPattern: select.integer(2)),
            calendar: try self.calendar(named: zone)
        )
        self.feeds[business] = feed
        return feed
    }

    /// Takes the next sequence of a business; the caller writes a row with it.
    func nextSequence(
        of business: BusinessID,
        addingCustomers: Int64 = 0
    ) throws(StoreError) -> CommitSequence {
        guard var feed = try self.feed(of: business) else {
            throw StoreError(.corrupt, "a business's row expected, none found")
        }

        feed.head += 1
        feed.customers += addingCustomers
        if !feed.isChanged {
            feed.isChanged = true
            self.changedFeeds.append(business)
        }
        self.feeds[business] = feed
        return feed.head
    }

    /// Takes the next number of a business's audit, whose feed is known.
    func nextAuditNumber(of business: BusinessID) -> UInt64 {
        guard var feed = self.feeds[business] else {
            preconditionFailure("the feed of an audited business is known")
        }

        feed.auditHead += 1
        if !feed.isChanged {
            feed.isChanged = true
            self.changedFeeds.append(business)
        }
        self.feeds[business] = feed
        return feed.auditHead
    }

    func calendar(of business: BusinessID) throws(StoreError) -> LocalCalendar {
        guard let feed = try self.feed(of: business) else {
            throw StoreError(.corrupt, "a business's row expected, none found")
        }
        return feed.calendar
    }

    func calendar(named zone: String) throws(StoreError) -> LocalCalendar {
        guard let calendar = self.zones.calendar(zone) else {
            throw StoreError(.zoneMissing, "tzdata with \(zone) expected, found none")
        }
        return calendar
    }

    private static func readDroppedRow(_ database: Database) throws(StoreError) -> Int64 {
        try database.integer("SELECT texts_dropped FROM meta WHERE id = 1")
    }
}
