internal import Glibc
internal import KhachCore

/// The keys of the latest events, which are not in their table yet.
///
/// Keys come in no order: a table that took each at once would have a page written for each. They
/// are gathered here, and written in the order of the table, a slice with every group: a page then
/// takes many at once. What is gathered can be read from the interactions again, so nothing is lost
/// with it. Knows no table.
struct EventKeys {
    /// A row of the table.
    struct Row {
        var page: PageID
        /// Where the key is among the bytes of all.
        var key: Range<Int>
        var interaction: Int64
    }

    /// What is to be written with a group.
    struct Slice {
        var bytes: [UInt8] = []
        var rows: ArraySlice<Row> = []
        /// Up to which interaction the table is then whole.
        var wholeUpTo: Int64?
    }

    /// Keys on their way into the table.
    private struct Batch {
        var interactions: [ExternalID: Int64]
        /// The keys of the rows, one after another.
        var bytes: [UInt8]
        /// In the order of the table, nearly: it matters to speed alone.
        var rows: [Row]
        var written = 0
        /// How many of them a commit has kept.
        var committed = 0
        /// No interaction up to here has a key outside the table once all are written.
        var lastInteraction: Int64
    }

    /// Keys written for each one that comes, so that a batch ends before the next one is full.
    private static let writtenForEach = 2

    private let gatheredMax: Int
    private var gathered: [ExternalID: Int64] = [:]
    private var batch: Batch?
    /// Keys of the group that is being written.
    private var addedCount = 0
    /// The last interaction that a commit has kept; those of the group come after it.
    private var committedInteraction: Int64 = 0
    private var lastInteraction: Int64 = 0

    /// - Parameter gatheredMax: keys that are gathered before they are written; up to twice as many
    ///   are in memory, and read when the store is opened.
    init(gatheredMax: Int) {
        self.gatheredMax = gatheredMax
    }

    /// The interaction of a key; `nil` when it is in the table or nowhere.
    func interaction(_ key: ExternalID) -> Int64? {
        self.gathered[key] ?? self.batch?.interactions[key]
    }

    /// Remembers a key that is nowhere yet, of an interaction after every one before.
    mutating func add(_ key: ExternalID, _ interaction: Int64) {
        self.gathered[key] = interaction
        self.addedCount += 1
        self.lastInteraction = interaction
    }

    /// What is to be written with this group.
    mutating func takeSlice() -> Slice {
        guard let batch = self.batch, self.addedCount > 0 else { return Slice() }

        let end = min(batch.written + self.addedCount * Self.writtenForEach, batch.rows.count)
        self.batch?.written = end
        return Slice(
            bytes: batch.bytes,
            rows: batch.rows[batch.written..<end],
            wholeUpTo: end == batch.rows.count ? batch.lastInteraction : nil
        )
    }

    /// Called after a commit, and once what was gathered is read again; `beginBatchIfFull` follows.
    mutating func committed() {
        self.addedCount = 0
        self.committedInteraction = self.lastInteraction
        if let batch = self.batch {
            self.batch?.committed = batch.written
            if batch.written == batch.rows.count {
                self.batch = nil
            }
        }
    }

    /// Sorts what was gathered, once it is enough.
    ///
    /// Called when nobody waits: it takes some tens of milliseconds.
    mutating func beginBatchIfFull() {
        guard self.batch == nil, self.gathered.count >= self.gatheredMax else { return }

        self.beginBatch()
    }

    /// Forgets the group.
    mutating func rolledBack() {
        if self.addedCount > 0 {
            self.gathered = self.gathered.filter { $0.value <= self.committedInteraction }
        }
        self.addedCount = 0
        self.lastInteraction = self.committedInteraction
        if let batch = self.batch {
            self.batch?.written = batch.committed
        }
    }

    private mutating func beginBatch() {
        var bytes: [UInt8] = []
        var rows: [Row] = []
        rows.reserveCapacity(self.gathered.count)
        for (key, interaction) in self.gathered {
            let start = bytes.count
            bytes.append(contentsOf: key.text.utf8)
            rows.append(Row(page: key.page, key: start..<bytes.count, interaction: interaction))
        }
        bytes.withUnsafeBytes { bytes in
            rows.sort { left, right in
                guard left.page == right.page else { return left.page < right.page }

                return Self.isAscending(bytes[left.key], bytes[right.key])
            }
        }
        self.batch = Batch(
            interactions: exchange(&self.gathered, with: [:]),
            bytes: bytes,
            rows: rows,
            lastInteraction: self.lastInteraction
        )
    }

    /// The order of SQLite's texts.
    private static func isAscending(
        _ left: Swift.Slice<UnsafeRawBufferPointer>,
        _ right: Swift.Slice<UnsafeRawBufferPointer>
    ) -> Bool {
        let (first, second) = (
            UnsafeRawBufferPointer(rebasing: left), UnsafeRawBufferPointer(rebasing: right)
        )
        guard let start = first.baseAddress, let other = second.baseAddress else {
            return first.count < second.count
        }
        let order = memcmp(start, other, min(first.count, second.count))
        return order == 0 ? first.count < second.count : order < 0
    }
}
