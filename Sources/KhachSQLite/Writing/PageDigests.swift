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
    private let select: Statement
    private let upsert: Statement

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
        for page in self.changedPages {
            guard let slots = self.pages[page] else { continue }

            self.upsert.bind(1, page.rawValue)
            for slot in slots.isChanged.indices where slots.isChanged[slot] {
                let digest = slots.digests[slot]
                self.upsert.bind(2, Int64(slot))
                self.upsert.bind(3, Int64(bitPattern: digest.low))
                self.upsert.bind(4, Int64(bitPattern: digest.high))
                self.upsert.bind(5, Int64(bitPattern: digest.count))
                try self.upsert.run()
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
        self.select.bind(1, page.rawValue)
        while try self.select.step() {
            digests[Int(self.select.integer(0))] = RecordDigest(row: self.select, from: 1)
        }
        let slots = Slots(digests)
        self.pages[page] = slots
        return slots
    }

    /// Makes the digests of a store that has none, from its rows.
    static func fill(in database: Database) throws(StoreError) {
        var digests = try PageDigests(database)
        let rows = try Statement(database, "SELECT id, page_id, seq, record FROM customers")
        while try rows.step() {
            let id = rows.integer(0)
            let row = RecordDigest(
                of: id,
                seq: CommitSequence(bitPattern: rows.integer(2)),
                record: rows.bytes(3)
            )
            try digests.replace(id, on: PageID(rawValue: rows.integer(1)), nil, by: row)
        }
        try digests.write()
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
