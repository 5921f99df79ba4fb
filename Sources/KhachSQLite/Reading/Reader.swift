internal import CSQLite
internal import Glibc
internal import KhachCore

/// One connection that reads, with its statements; used by one thread at a time.
final class Reader {
    /// Steps of SQLite's machine between two looks at the clock; some tens of microseconds.
    private static let stepsPerLook: Int32 = 2_000

    let database: Database
    let statements: ReadStatements
    let index: CustomerIndex
    let history: HistoryStatements
    let digestStatements: DigestStatements
    private let patience: UnsafeMutablePointer<Patience>

    /// How much of the file a connection keeps in memory.
    enum Memory {
        /// For answers that come again and again: a large cache, and the file mapped.
        case ample
        /// For one walk over everything, whose memory must not grow with it.
        case flat
    }

    init(path: String, memory: Memory = .ample) throws(StoreError) {
        self.database = try Database(path: path, access: .readOnly)
        try self.database.execute("PRAGMA query_only = ON")
        switch memory {
        case .ample:
            try self.database.execute("PRAGMA cache_size = -65536")
            try self.database.execute("PRAGMA mmap_size = 1073741824")
        case .flat:
            try self.database.execute("PRAGMA cache_size = -8192")
        }
        self.statements = try ReadStatements(self.database)
        self.history = try HistoryStatements(self.database)
        self.digestStatements = try DigestStatements(self.database)
        self.index = try CustomerIndex(self.database)
        self.patience = .allocate(capacity: 1)
        self.patience.initialize(to: Patience())
    }

    deinit {
        sqlite3_progress_handler(self.database.handle, 0, nil, nil)
        self.patience.deinitialize(count: 1)
        self.patience.deallocate()
    }

    /// Runs `body` for a caller, whose end ends every snapshot in it: `cancelled`.
    func serve<Answer>(
        _ caller: ReadCaller,
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        guard !caller.isGone else { throw ReadCaller.gone }

        self.patience.pointee.caller = caller
        defer { self.patience.pointee.caller = nil }
        do {
            return try body()
        } catch {
            // SQLite says that it was interrupted, and not by what.
            throw error.code == .deadlineExceeded && caller.isGone ? ReadCaller.gone : error
        }
    }

    /// Runs `body` on one state of the store.
    ///
    /// Throws `deadlineExceeded` once the deadline passed.
    func snapshot<Answer>(
        deadline: Deadline?,
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        if let deadline, monotonicNanoseconds() >= deadline.monotonicNanoseconds {
            throw StoreError(
                .deadlineExceeded,
                "an answer before the deadline expected, none found"
            )
        }

        try self.statements.begin.run()
        self.set(deadline)
        defer {
            // In this order: the end of a snapshot is never interrupted.
            self.unset()
            _ = self.statements.end.runForResult()
        }
        return try body()
    }

    /// Begins a snapshot that lasts as long as the connection; `nil` without such a business.
    func hold(_ business: BusinessID) throws(StoreError) -> CommitSequence? {
        try self.statements.begin.run()
        // SQLite takes the snapshot with the first read.
        return try self.feed(of: business)?.head
    }

    /// Runs `body` in the snapshot that is held.
    func read<Answer>(
        deadline: Deadline?,
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        self.set(deadline)
        defer { self.unset() }
        return try body()
    }

    /// The record of one customer, or of the one that it was linked to.
    ///
    /// Its own transaction, and another where there is no such customer.
    func customer(_ id: CustomerID) throws(StoreError) -> StoredCustomer? {
        if let customer = try self.customer(id, self.statements.selectCustomer) { return customer }
        return try self.customer(id, self.history.selectRedirected)
    }

    private func customer(
        _ id: CustomerID,
        _ select: Statement
    ) throws(StoreError) -> StoredCustomer? {
        select.bind(1, id.rawValue)
        guard try select.step() else { return nil }

        defer { select.reset() }
        return StoredCustomer(
            businessID: BusinessID(rawValue: select.integer(0)),
            seq: CommitSequence(bitPattern: select.integer(1)),
            record: Array(select.bytes(2))
        )
    }

    private func set(_ deadline: Deadline?) {
        guard deadline != nil || self.patience.pointee.caller != nil else { return self.unset() }

        self.patience.pointee.deadline = deadline?.monotonicNanoseconds ?? .max
        sqlite3_progress_handler(
            self.database.handle,
            Self.stepsPerLook,
            isOver,
            self.patience
        )
        self.index.setPause(isOver, self.patience)
    }

    private func unset() {
        sqlite3_progress_handler(self.database.handle, 0, nil, nil)
        self.index.setPause(nil, nil)
    }
}

/// How long a read may go on.
private struct Patience {
    var deadline: UInt64 = .max
    /// Who waits for it, if anybody can stop waiting.
    var caller: ReadCaller?
}

/// Whether the patience that the argument points to is at its end: 1, otherwise 0.
private let isOver: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { argument in
    guard let patience = argument?.assumingMemoryBound(to: Patience.self) else { return 0 }

    if let caller = patience.pointee.caller, caller.isGone { return 1 }
    return monotonicNanoseconds() >= patience.pointee.deadline ? 1 : 0
}

/// The clock of `Deadline`.
private func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
