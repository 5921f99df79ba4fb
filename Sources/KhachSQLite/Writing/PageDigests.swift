internal import CKhachDigest
internal import KhachCore

extension RecordDigest {
    /// What a row adds to the digest of its page.
    init(of id: Int64, seq: CommitSequence, record: UnsafeRawBufferPointer) {
        let digest = khach_digest_row(
            id,
            seq,
            record.baseAddress?.assumingMemoryBound(to: UInt8.self),
            record.count
        )
        self.init(low: digest.low, high: digest.high, count: digest.count)
    }

    static func slot(of id: Int64) -> Int { Int(khach_digest_slot(id)) }
}

/// The digests of the pages that were written lately, with what the group has changed of them.
struct PageDigests {
    private final class Slots {
        var digests: [RecordDigest]
        var isChanged = Array(repeating: false, count: RecordDigest.slotsCount)

        init(_ digests: [RecordDigest]) {
            self.digests = digests
        }
    }

    /// 6 KiB each.
    private static let pagesMax = 1_024

    private var pages: [PageID: Slots] = [:]
    private var changedPages: [PageID] = []
    /// `nil` for sums that begin with nothing and are not written.
    private let select: Statement?
    private let upsert: Statement?

    private init() {
        (self.select, self.upsert) = (nil, nil)
    }

    init(_ database: Database) throws(StoreError) {
        self.select = try Statement(
            database,
            "SELECT slot, low, high, count FROM digests WHERE page_id = ?1"
        )
        self.upsert = try Statement(
            database,
            """
            INSERT INTO digests (page_id, slot, low, high, count) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE
            SET low = excluded.low, high = excluded.high, count = excluded.count
            """
        )
    }

    /// A row of a page goes from one digest to another; `nil` when it was not, or is no more.
    mutating func replace(
        _ id: Int64,
        on page: PageID,
        _ before: RecordDigest?,
        by after: RecordDigest?
    ) throws(StoreError) {
        let slots = try self.slots(of: page)
        let slot = RecordDigest.slot(of: id)
        if let before { slots.digests[slot] -= before }
        if let after { slots.digests[slot] += after }
        guard !slots.isChanged[slot] else { return }

        slots.isChanged[slot] = true
        if self.changedPages.last != page { self.changedPages.append(page) }
    }

    /// Writes what the group has changed.
    mutating func write() throws(StoreError) {
        guard let upsert = self.upsert else { return }

        for page in self.changedPages {
            guard let slots = self.pages[page] else { continue }

            upsert.bind(1, page.rawValue)
            for slot in slots.isChanged.indices where slots.isChanged[slot] {
                let digest = slots.digests[slot]
                upsert.bind(2, Int64(slot))
                upsert.bind(3, Int64(bitPattern: digest.low))
                upsert.bind(4, Int64(bitPattern: digest.high))
                upsert.bind(5, Int64(bitPattern: digest.count))
                try upsert.run()
                slots.isChanged[slot] = false
            }
        }
        self.changedPages.removeAll(keepingCapacity: true)
        if self.pages.count > Self.pagesMax { self.pages.removeAll() }
    }

    mutating func rolledBack() {
        self.pages.removeAll()
        self.changedPages.removeAll()
    }

    private mutating func slots(of page: PageID) throws(StoreError) -> Slots {
        if let slots = self.pages[page] { return slots }
        var digests = PageDigest(page: page).slots
        if let select = self.select {
            select.bind(1, page.rawValue)
            while try select.step() {
                digests[Int(select.integer(0))] = RecordDigest(row: select, from: 1)
            }
        }
        let slots = Slots(digests)
        self.pages[page] = slots
        return slots
    }

    /// How many slots of a store are other than its rows say.
    static func differences(in database: Database) throws(StoreError) -> Int {
        var (kept, made) = (try PageDigests(database), PageDigests())
        try made.addRows(of: database)
        let pages = try Statement(database, "SELECT DISTINCT page_id FROM digests")
        while try pages.step() {
            _ = try kept.slots(of: PageID(rawValue: pages.integer(0)))
        }
        return Set(kept.pages.keys).union(made.pages.keys).reduce(0) { count, page in
            let zero = PageDigest(page: page).slots
            let (left, right) = (kept.pages[page]?.digests, made.pages[page]?.digests)
            return count + zip(left ?? zero, right ?? zero).count { $0 != $1 }
        }
    }

    /// Makes the digests of a store that has none, from its rows.
    static func fill(in database: Database) throws(StoreError) {
        var digests = try PageDigests(database)
        try digests.addRows(of: database)
        try digests.write()
    }

    private mutating func addRows(of database: Database) throws(StoreError) {
        let rows = try Statement(database, "SELECT id, page_id, seq, record FROM customers")
        while try rows.step() {
            let id = rows.integer(0)
            let row = RecordDigest(
                of: id,
                seq: CommitSequence(bitPattern: rows.integer(2)),
                record: rows.bytes(3)
            )
            try self.replace(id, on: PageID(rawValue: rows.integer(1)), nil, by: row)
        }
    }
}

extension RecordDigest {
    /// Three columns of a row of `digests`.
    init(row: Statement, from column: Int32) {
        self.init(
            low: UInt64(bitPattern: row.integer(column)),
            high: UInt64(bitPattern: row.integer(column + 1)),
            count: UInt64(bitPattern: row.integer(column + 2))
        )
    }
}
