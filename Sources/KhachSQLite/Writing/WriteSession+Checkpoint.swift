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
        try database.execute("PRAGMA cache_size = -65536")
        try database.execute("PRAGMA mmap_size = 1073741824")
        try database.execute("PRAGMA journal_size_limit = 67108864")
        // What is erased or replaced is overwritten with zeros.
        try database.execute("PRAGMA secure_delete = ON")
        let synchronous = try database.integer("PRAGMA synchronous")
        guard synchronous == self.synchronousFull else {
            throw StoreError(.unavailable, "synchronous 2 expected, \(synchronous) found")
        }
    }

    /// Writes something, so that a page goes through the log to the disk.
    ///
    /// It must be another value each time: SQLite writes no page whose content stays.
    func prove() throws(StoreError) {
        try self.database.execute("UPDATE meta SET proofs = proofs + 1 WHERE id = 1")
    }

    /// How often the log may be as long as a checkpoint makes it before readers are waited for.
    private static let logPagesFactorMax = 4

    /// Copies the log back when it has grown by `pages` since that was last done.
    ///
    /// A log that is always read can be copied but not begun anew; once it is much too long, the
    /// reads that hold it are waited for. An error of the disk ends the writer.
    func checkpointIfDue(pages: Int32) -> StoreError? {
        if let failure = self.checkpointErased() { return failure }
        let log = self.database.logPages
        // A log that began anew is shorter than what was copied of the one before.
        if log < self.database.copiedPages { self.database.copiedPages = 0 }
        guard log - self.database.copiedPages >= pages else { return nil }

        let isTooLong = Int(log) >= Int(pages) * Self.logPagesFactorMax
        return self.checkpoint(isTooLong ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE)
    }

    /// Copies the whole log back and empties its file: at the end, when nobody reads.
    @discardableResult
    func checkpointAtEnd() -> StoreError? {
        self.checkpoint(SQLITE_CHECKPOINT_TRUNCATE)
    }

    /// Empties the log's file when it may hold what was erased; while somebody reads, it still may.
    func checkpointErased() -> StoreError? {
        guard self.hasErased else { return nil }

        sqlite3_busy_timeout(self.database.handle, 0)
        defer { sqlite3_busy_timeout(self.database.handle, Database.busyMillisecondsMax) }
        var (log, copied): (Int32, Int32) = (0, 0)
        let result = ResultCode(
            sqlite3_wal_checkpoint_v2(
                self.database.handle,
                nil,
                SQLITE_CHECKPOINT_TRUNCATE,
                &log,
                &copied
            )
        )
        self.hasErased = result.primary != SQLITE_OK
        switch result.primary {
        case SQLITE_OK, SQLITE_BUSY, SQLITE_FULL: return nil
        default: return result.error("copying the log back")
        }
    }

    private func checkpoint(_ mode: Int32) -> StoreError? {
        var (log, copied): (Int32, Int32) = (0, 0)
        let result = ResultCode(
            sqlite3_wal_checkpoint_v2(self.database.handle, nil, mode, &log, &copied)
        )
        self.database.copiedPages = max(0, copied)
        switch result.primary {
        case SQLITE_OK, SQLITE_BUSY, SQLITE_FULL: return nil
        default: return result.error("copying the log back")
        }
    }
}
