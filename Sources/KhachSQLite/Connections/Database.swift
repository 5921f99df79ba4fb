internal import CSQLite
internal import Glibc
internal import KhachCore

/// One connection to a SQLite file, hardened; used by one thread at a time.
///
/// Knows no table.
final class Database {
    enum Access {
        case readWrite
        case readOnly
    }

    /// How long a lock of another connection is waited for.
    static let busyMillisecondsMax: Int32 = 5_000
    private static let valueBytesMax: Int32 = 4 << 20
    private static let sqlBytesMax: Int32 = 100_000

    let handle: OpaquePointer
    /// Pages of the log, as the last commit of this connection said.
    var logPages: Int32 { self.logPagesBox.pointee }

    /// Pages of the log that were copied back into the file, as the last checkpoint said.
    var copiedPages: Int32 = 0

    private let logPagesBox: UnsafeMutablePointer<Int32>

    init(path: String, access: Access) throws(StoreError) {
        var handle: OpaquePointer?
        let flags =
            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
            | (access == .readWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY)
        let result = sqlite3_open_v2(path, &handle, flags, nil)
        guard result == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw ResultCode(result).error("opening the file")
        }

        self.handle = handle
        self.logPagesBox = .allocate(capacity: 1)
        self.logPagesBox.initialize(to: 0)
        // In the place of SQLite's own hook, which checkpoints by itself. `PRAGMA
        // wal_autocheckpoint` would take this one away again: it must not be used.
        sqlite3_wal_hook(
            handle,
            { box, _, _, pages in
                box?.assumingMemoryBound(to: Int32.self).pointee = pages
                return SQLITE_OK
            },
            self.logPagesBox
        )
        sqlite3_busy_timeout(handle, Self.busyMillisecondsMax)
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Self.valueBytesMax)
        sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, Self.sqlBytesMax)
        sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        sqlite3_limit(handle, SQLITE_LIMIT_TRIGGER_DEPTH, 10)
        guard self.setDefensive() else {
            throw StoreError(.unavailable, "defensive mode expected, not available")
        }

        try self.execute("PRAGMA trusted_schema = OFF")
        try self.execute("PRAGMA cell_size_check = ON")
    }

    deinit {
        sqlite3_close_v2(self.handle)
        self.logPagesBox.deallocate()
    }

    /// Runs SQL that returns no rows.
    ///
    /// A literal, so that nothing can be pasted into it.
    func execute(_ sql: StaticString) throws(StoreError) {
        let statement = try Statement(self, sql)
        while try statement.step() {}
    }

    /// Runs a query whose answer is one number.
    func integer(_ sql: StaticString) throws(StoreError) -> Int64 {
        let statement = try Statement(self, sql)
        guard try statement.step() else {
            throw StoreError(.corrupt, "one row expected, none found")
        }

        let number = statement.integer(0)
        while try statement.step() {}
        return number
    }

    /// Runs a query whose answer is one text.
    func text(_ sql: StaticString) throws(StoreError) -> String {
        let statement = try Statement(self, sql)
        guard try statement.step() else {
            throw StoreError(.corrupt, "one row expected, none found")
        }

        let text = statement.text(0)
        // To its end: what `PRAGMA journal_mode` changes is committed behind its row.
        while try statement.step() {}
        return text
    }

    /// Rows that the last statement changed.
    var changes: Int32 { sqlite3_changes(self.handle) }

    /// The row id of the last row that was inserted into a table with row ids.
    var lastRowID: Int64 { sqlite3_last_insert_rowid(self.handle) }

    var isInTransaction: Bool { sqlite3_get_autocommit(self.handle) == 0 }

    /// Refuses what can corrupt a database through plain SQL; read back to be sure.
    private func setDefensive() -> Bool {
        var isOn: Int32 = 0
        return csqlite_set_defensive(self.handle, &isOn) == SQLITE_OK && isOn == 1
    }
}
