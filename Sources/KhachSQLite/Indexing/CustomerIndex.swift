internal import CKhachIndex
internal import CSQLite
internal import KhachCore

/// The index of customers on one connection: `clients/c/index`, which the clients' cache compiles
/// too, so that an offline answer equals the online one.
///
/// Used by the thread that has the connection.
final class CustomerIndex {
    let handle: OpaquePointer
    // The index must go before its connection.
    private let database: Database
    private var before = khach_index_customer()
    private var after = khach_index_customer()

    init(_ database: Database) throws(StoreError) {
        var handle: OpaquePointer?
        let status = khach_index_open(&handle, database.handle, "customers")
        guard status == KHACH_INDEX_OK, let handle else {
            throw Self.error(status, database)
        }

        self.handle = handle
        self.database = database
    }

    deinit {
        khach_index_close(self.handle)
        khach_index_customer_free(&self.before)
        khach_index_customer_free(&self.after)
    }

    /// Asks `shouldStop` now and then in long work beside SQLite; `nil` asks nobody.
    func setPause(
        _ shouldStop: (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?,
        _ context: UnsafeMutableRawPointer?
    ) {
        khach_index_set_pause(self.handle, shouldStop, context)
    }

    // MARK: Changes

    /// What a customer's new row holds, and how much of the row before has to be written anew.
    struct RowChange {
        enum Extent {
            case new
            /// A column of some index has changed.
            case moved
            /// The last inbound message alone has, of those that are indexed.
            case touched
            /// None has.
            case quiet
        }

        var extent: Extent
        var traits: Int64
        var createdAt: Int64
        var firstRecordedAt: Int64
        var firstInboundAt: Int64
        var lastInboundAt: Int64
        /// The folding of the record's name, as the index has its words; empty unless it has to be
        /// written.
        var nameFolded: [UInt8]
    }

    /// Follows a customer from one record to another; `write` writes its row meanwhile.
    func follow(
        _ stored: [UInt8]?,
        _ record: UnsafeBufferPointer<UInt8>,
        of business: BusinessID,
        _ write: (RowChange) throws(StoreError) -> Void
    ) throws(StoreError) {
        try self.read(record, of: business, into: &self.after)
        guard let stored else {
            try write(try Self.change(.new, self.after))
            return try self.check(khach_index_put(self.handle, nil, &self.after))
        }

        try stored.lend { (stored) throws(StoreError) in
            try self.read(stored, of: business, into: &self.before)
            let extent: RowChange.Extent =
                if khach_index_customer_moved(&self.before, &self.after) != 0 {
                    .moved
                } else if self.before.last_inbound_at != self.after.last_inbound_at {
                    .touched
                } else {
                    .quiet
                }
            try write(try Self.change(extent, self.after))
            try self.check(khach_index_put(self.handle, &self.before, &self.after))
        }
    }

    /// Forgets a customer whose row goes.
    func remove(_ stored: [UInt8], of business: BusinessID) throws(StoreError) {
        try stored.lend { (stored) throws(StoreError) in
            try self.read(stored, of: business, into: &self.before)
            try self.check(khach_index_put(self.handle, &self.before, nil))
        }
    }

    private func read(
        _ record: UnsafeBufferPointer<UInt8>,
        of business: BusinessID,
        into customer: inout khach_index_customer
    ) throws(StoreError) {
        customer.business_id = business.rawValue
        try self.check(
            khach_index_customer_read(&customer, record.baseAddress, record.count)
        )
    }

    private static func change(
        _ extent: RowChange.Extent,
        _ customer: khach_index_customer
    ) throws(StoreError) -> RowChange {
        let isWhole = extent == .new || extent == .moved
        return RowChange(
            extent: extent,
            traits: Int64(customer.traits),
            createdAt: customer.created_at,
            firstRecordedAt: customer.first_recorded_at,
            firstInboundAt: customer.first_inbound_at,
            lastInboundAt: customer.last_inbound_at,
            nameFolded: isWhole ? try self.folded(customer) : []
        )
    }

    private static func folded(_ customer: khach_index_customer) throws(StoreError) -> [UInt8] {
        var out: UnsafeMutablePointer<CChar>?
        var count = 0
        guard khach_text_fold(&out, &count, customer.name, customer.name_bytes) == 0 else {
            throw StoreError(.unavailable, "memory expected, none found")
        }

        defer { khach_text_free(out) }
        return Array(UnsafeRawBufferPointer(start: out, count: count))
    }

    // MARK: A new file

    /// Makes the tables and indexes, and fills them from the customers that there are.
    static func create(in database: Database) throws(StoreError) {
        for status in [
            khach_index_create_tables(database.handle),
            khach_index_create_indexes(database.handle, "customers"),
        ] where status != KHACH_INDEX_OK {
            throw self.error(status, database)
        }
        let index = try CustomerIndex(database)
        try index.check(khach_index_rebuild(index.handle))
    }

    // MARK: Failing

    func check(_ status: khach_index_status) throws(StoreError) {
        guard status == KHACH_INDEX_OK else { throw Self.error(status, self.database) }
    }

    private static func error(_ status: khach_index_status, _ database: Database) -> StoreError {
        switch status {
        case KHACH_INDEX_INTERRUPTED:
            StoreError(.deadlineExceeded, "an answer before the deadline expected, none found")
        case KHACH_INDEX_CORRUPT:
            StoreError(.corrupt, "a row of an indexed customer expected, none found")
        case KHACH_INDEX_TOO_MANY:
            StoreError(.invalid, "at most \(Limits.statisticsRowsMax) rows expected, found more")
        case KHACH_INDEX_MEMORY: StoreError(.unavailable, "memory expected, none found")
        default: ResultCode(sqlite3_extended_errcode(database.handle)).error("asking the index")
        }
    }
}
