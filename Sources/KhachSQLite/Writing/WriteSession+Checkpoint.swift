internal import CSQLite
internal import KhachCore

/// The log: opened durable, copied back into the file by this connection and no other.
///
/// SQLite before 3.51.3 can damage a file when two connections do that at once
/// (reliability.md §0, 3).
extension WriteSession {
    private static let synchronousFull: Int64 = 2

    /// Turns on the log, and reads back every setting that durability rests on.
    ///
    /// Called once the file is known to be a store.
    static func prepare(_ database: Database) throws(StoreError) {
        guard try database.text("PRAGMA journal_mode = WAL") == "wal" else {
            throw StoreError(.unavailable, "journal mode wal expected, another found")
        }

        try database.execute("PRAGMA synchronous = FULL")
        try database.execute("PRAGMA wal_autocheckpoint = 0")
        try database.execute("PRAGMA cache_size = -65536")
        try database.execute("PRAGMA mmap_size = 1073741824")
        try database.execute("PRAGMA journal_size_limit = 67108864")
        let synchronous = try database.integer("PRAGMA synchronous")
        guard synchronous == self.synchronousFull else {
            throw StoreError(.unavailable, "synchronous 2 expected, \(synchronous) found")
        }
    }

    /// Copies the log back when it is long.
    ///
    /// An error of the disk ends the writer.
    func checkpointIfDue(pages: Int32) -> StoreError? {
        guard self.database.logPages >= pages else { return nil }

        return self.checkpoint(isLast: false)
    }

    @discardableResult
    func checkpoint(isLast: Bool) -> StoreError? {
        var (log, copied): (Int32, Int32) = (0, 0)
        let result = ResultCode(
            sqlite3_wal_checkpoint_v2(
                self.database.handle,
                nil,
                isLast ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
                &log,
                &copied
            )
        )
        self.database.logPages = max(0, log - copied)
        switch result.primary {
        case SQLITE_OK, SQLITE_BUSY, SQLITE_FULL: return nil
        default: return result.error("copying the log back")
        }
    }
}
