internal import KhachCore

/// The keys of the latest events, which are not in their table yet.
///
/// Keys come in no order: a table that took each at once would have a page written for each. They
/// are gathered here, and written in the order of the table, a slice with every group: a page then
/// takes many at once. What is gathered can be read from the interactions again, so nothing is lost
/// with it. Knows no table.
struct EventKeys {
    struct Row {
        var key: ExternalID
        var interaction: Int64
    }

    /// Keys on their way into the table.
    private struct Batch {
        var interactions: [ExternalID: Int64]
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
    /// Of the group that is being written.
    private var added: [ExternalID] = []

    /// - Parameter gatheredMax: keys that are gathered before they are written; up to twice as many
    ///   are in memory, and read when the store is opened.
    init(gatheredMax: Int) {
        self.gatheredMax = gatheredMax
    }

    /// The interaction of a key; `nil` when it is in the table or nowhere.
    func interaction(_ key: ExternalID) -> Int64? {
        self.gathered[key] ?? self.batch?.interactions[key]
    }

    /// Remembers a key that is nowhere yet.
    mutating func add(_ key: ExternalID, _ interaction: Int64) {
        self.gathered[key] = interaction
        self.added.append(key)
    }

    /// What is to be written with this group, and up to which interaction the table is then whole.
    mutating func takeSlice() -> (rows: ArraySlice<Row>, wholeUpTo: Int64?) {
        guard let batch = self.batch, !self.added.isEmpty else { return ([], nil) }

        let end = min(
            batch.written + self.added.count * Self.writtenForEach,
            batch.rows.count
        )
        self.batch?.written = end
        return (
            batch.rows[batch.written..<end],
            end == batch.rows.count ? batch.lastInteraction : nil
        )
    }

    /// Called after a commit, and once what was gathered is read again; `beginBatchIfFull` follows.
    mutating func committed() {
        self.added.removeAll(keepingCapacity: true)
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
        for key in self.added {
            self.gathered[key] = nil
        }
        self.added.removeAll()
        if let batch = self.batch {
            self.batch?.written = batch.committed
        }
    }

    private mutating func beginBatch() {
        let rows = self.gathered.map { Row(key: $0.key, interaction: $0.value) }
            .sorted { left, right in
                left.key.page == right.key.page
                    ? left.key.text < right.key.text
                    : left.key.page < right.key.page
            }
        self.batch = Batch(
            interactions: exchange(&self.gathered, with: [:]),
            rows: rows,
            lastInteraction: rows.reduce(0) { max($0, $1.interaction) }
        )
    }
}
