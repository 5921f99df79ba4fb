internal import CSQLite
internal import KhachCore

/// A prepared statement: bound, stepped, reset, and used again.
///
/// What is bound as bytes is not copied: it must outlive the step that reads it, so a caller
/// binds and runs inside the closure that lends the bytes.
final class Statement {
    private let handle: OpaquePointer
    private var bindResult = SQLITE_OK

    /// A literal, so that no value can be pasted into SQL.
    convenience init(_ database: Database, _ sql: StaticString) throws(StoreError) {
        try self.init(database, [sql])
    }

    /// Literals, one after another.
    init(_ database: Database, _ sql: [StaticString]) throws(StoreError) {
        var bytes: [UInt8] = []
        for part in sql {
            part.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }
        var handle: OpaquePointer?
        let result = bytes.withUnsafeBytes { bytes in
            sqlite3_prepare_v3(
                database.handle,
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                Int32(bytes.count),
                UInt32(SQLITE_PREPARE_PERSISTENT),
                &handle,
                nil
            )
        }
        guard result == SQLITE_OK, let handle else {
            throw ResultCode(result).error("preparing a statement")
        }

        self.handle = handle
    }

    deinit {
        sqlite3_finalize(self.handle)
    }

    // MARK: Binding; positions begin with 1

    @inline(__always)
    func bind(_ position: Int32, _ number: Int64) {
        self.check(sqlite3_bind_int64(self.handle, position, number))
    }

    @inline(__always)
    func bind(_ position: Int32, _ instant: Instant) {
        self.bind(position, instant.milliseconds)
    }

    @inline(__always)
    func bind(_ position: Int32, _ instant: Instant?) {
        if let instant {
            self.bind(position, instant.milliseconds)
        } else {
            self.bindNull(position)
        }
    }

    func bindNull(_ position: Int32) {
        self.check(sqlite3_bind_null(self.handle, position))
    }

    @inline(__always)
    func bind(_ position: Int32, text: UnsafeBufferPointer<UInt8>) {
        guard let start = text.baseAddress, !text.isEmpty else {
            self.check(sqlite3_bind_text(self.handle, position, "", 0, transient))
            return
        }
        let characters = UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
        self.check(
            sqlite3_bind_text(self.handle, position, characters, Int32(text.count), nil)
        )
    }

    @inline(__always)
    func bind(_ position: Int32, blob: UnsafeBufferPointer<UInt8>) {
        guard let start = blob.baseAddress, !blob.isEmpty else {
            self.check(sqlite3_bind_zeroblob(self.handle, position, 0))
            return
        }
        self.check(sqlite3_bind_blob(self.handle, position, start, Int32(blob.count), nil))
    }

    // MARK: Running

    /// Goes to the next row; false when there is none, and then it is reset.
    @inline(__always)
    func step() throws(StoreError) -> Bool {
        guard self.bindResult == SQLITE_OK else {
            throw ResultCode(exchange(&self.bindResult, with: SQLITE_OK)).error("binding")
        }

        let result = sqlite3_step(self.handle)
        if result == SQLITE_ROW { return true }
        sqlite3_reset(self.handle)
        guard result == SQLITE_DONE else { throw ResultCode(result).error("running a statement") }

        return false
    }

    /// Runs a statement that returns no rows.
    @inline(__always)
    func run() throws(StoreError) {
        _ = try self.step()
    }

    /// Runs a statement and says what SQLite said; for `COMMIT`, whose errors mean more.
    func runForResult() -> ResultCode {
        let result = sqlite3_step(self.handle)
        sqlite3_reset(self.handle)
        return ResultCode(result == SQLITE_DONE ? SQLITE_OK : result)
    }

    @inline(__always)
    func reset() {
        sqlite3_reset(self.handle)
    }

    // MARK: The row; columns begin with 0

    func isNull(_ column: Int32) -> Bool {
        sqlite3_column_type(self.handle, column) == SQLITE_NULL
    }

    @inline(__always)
    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(self.handle, column)
    }

    func instant(_ column: Int32) -> Instant {
        Instant(milliseconds: self.integer(column))
    }

    /// The bytes of a column, until the next step or reset.
    @inline(__always)
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: sqlite3_column_blob(self.handle, column),
            count: Int(sqlite3_column_bytes(self.handle, column))
        )
    }

    func text(_ column: Int32) -> String {
        String(decoding: self.bytes(column), as: UTF8.self)
    }

    private func check(_ result: Int32) {
        if result != SQLITE_OK {
            self.bindResult = result
        }
    }
}

/// Tells SQLite to copy what is bound.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
