internal import CKhach
internal import Synchronization

/// The local cache of one business, which follows the server and answers without it.
///
/// Every call blocks its thread, on the disk or on the network, and calls on one client wait for
/// each other. From asynchronous code, call it on a thread of its own, never on the cooperative
/// pool. A client closes itself when the last reference to it goes.
public final class OfflineClient: Sendable {
    /// The C client; the lock gives it to one thread at a time.
    private struct Handle: ~Copyable, @unchecked Sendable {
        let client: OpaquePointer?

        deinit { khach_client_close(self.client) }
    }

    private let handle: Mutex<Handle>

    private init(_ client: OpaquePointer?) {
        self.handle = Mutex(Handle(client: client))
    }

    /// Opens the cache at `cachePath`, and makes it when there is none, without connecting.
    ///
    /// - Parameters:
    ///   - cachePath: A file whose folder exists; the library keeps others beside it.
    ///   - businessID: The business that the cache is of; nil for that of a cache that is there.
    ///   - address: `unix:/path`, `tcp:host:port` or `tls:host:port`; nil for offline use only.
    ///   - token: The secret of a token, for a server that knows tokens; it is not in the cache.
    ///   - trust: Whom a `tls` address is trusted by, and who calls.
    ///   - pageRows: Rows asked for in one page of changes, 1 to 1,000.
    ///   - connectTimeout: How long a connection may take to make.
    ///   - callTimeout: How long an answer of the server may take.
    public static func open(
        cachePath: String,
        businessID: String? = nil,
        address: String? = nil,
        token: String? = nil,
        trust: ServerTrust = ServerTrust(),
        pageRows: Int = 1000,
        connectTimeout: Duration = .seconds(10),
        callTimeout: Duration = .seconds(30)
    ) throws(ClientError) -> OfflineClient {
        var client: OpaquePointer?
        try ClientError.check { error in
            (businessID ?? "").withCString { businessID in
                cachePath.withCString { cachePath in
                    (address ?? "").withCString { address in
                        (token ?? "").withCString { token in
                            var options = khach_options()
                            khach_options_init(&options)
                            options.business_id = businessID
                            options.cache_path = cachePath
                            options.address = address
                            options.token = token
                            options.page_rows = UInt32(clamping: pageRows)
                            options.connect_timeout_ms = Self.milliseconds(connectTimeout)
                            options.call_timeout_ms = Self.milliseconds(callTimeout)
                            return trust.withPaths { authority, certificate, key in
                                options.ca_file = authority
                                options.certificate_file = certificate
                                options.key_file = key
                                return khach_client_open(&client, &options, error)
                            }
                        }
                    }
                }
            }
        }
        return OfflineClient(client)
    }

    // MARK: Sync

    /// Pulls one page of changes and applies it; nothing of it is kept when it throws.
    public func syncStep() throws(ClientError) -> SyncProgress {
        var progress = khach_sync_progress()
        khach_sync_progress_init(&progress)
        try self.call { client, error in khach_sync_step(client, &progress, error) }
        return SyncProgress(progress)
    }

    /// Pulls and applies until the server has no more; the sums of all pages.
    public func syncOnce() throws(ClientError) -> SyncProgress {
        var progress = khach_sync_progress()
        khach_sync_progress_init(&progress)
        try self.call { client, error in khach_sync_once(client, &progress, error) }
        return SyncProgress(progress)
    }

    /// Syncs, and compares the cache with the server, byte for byte; mends nothing.
    public func verify() throws(ClientError) -> Comparison {
        var found = khach_comparison()
        khach_comparison_init(&found)
        try self.call { client, error in khach_verify(client, &found, error) }
        return Comparison(found)
    }

    /// Syncs, compares, fetches what differs, and drops what the server does not have.
    ///
    /// - Parameter acceptingShrink: Also when the server has far fewer customers than the cache.
    public func repair(acceptingShrink: Bool = false) throws(ClientError) -> Comparison {
        var found = khach_comparison()
        khach_comparison_init(&found)
        let flags: UInt32 = acceptingShrink ? 1 : 0
        try self.call { client, error in khach_repair(client, flags, &found, error) }
        return Comparison(found)
    }

    /// Forgets the cursor and keeps the rows: the next sync walks the snapshot again.
    public func restartSync() throws(ClientError) {
        try self.call { client, error in khach_sync_restart(client, error) }
    }

    /// What the cache holds, and of when.
    public func state() throws(ClientError) -> CacheState {
        var state = khach_cache_state()
        khach_cache_state_init(&state)
        try self.call { client, error in khach_cache_state_read(client, &state, error) }
        return CacheState(state)
    }

    // MARK: Questions

    /// The customer with this id.
    public func customer(id: String) throws(ClientError) -> Customer {
        var customer: OpaquePointer?
        try self.call { client, error in khach_get(&customer, client, id, error) }
        defer { khach_customer_free(customer) }
        return Customer(copying: customer)
    }

    /// Customers, the newest first unless another order is given.
    ///
    /// - Parameters:
    ///   - filter: Which customers.
    ///   - order: By relevance when the filter has a name and none is given.
    ///   - limit: At most 1,000; 0 means 200.
    ///   - after: The `next` of a list with the same filter and order.
    public func customers(
        _ filter: CustomerFilter = CustomerFilter(),
        order: CustomerOrder = .unspecified,
        limit: Int = 0,
        after: String? = nil
    ) throws(ClientError) -> CustomerList {
        var list: OpaquePointer?
        try self.call { client, error in
            filter.withQuery(order: order, limit: limit, after: after) { query in
                khach_list(&list, client, query, error)
            }
        }
        return CustomerList(taking: list)
    }

    /// Customers whose names answer `text`, best first (domain.md §4.8).
    public func search(
        _ text: String,
        filter: CustomerFilter = CustomerFilter(),
        limit: Int = 0
    ) throws(ClientError) -> CustomerList {
        var list: OpaquePointer?
        try self.call { client, error in
            filter.withQuery(limit: limit, after: nil) { query in
                khach_search(&list, client, text, query, error)
            }
        }
        return CustomerList(taking: list)
    }

    /// How many customers the filter holds for.
    public func count(_ filter: CustomerFilter = CustomerFilter()) throws(ClientError) -> UInt64 {
        var count: UInt64 = 0
        try self.call { client, error in
            filter.withQuery(limit: 0, after: nil) { query in
                khach_count(&count, client, query, error)
            }
        }
        return count
    }

    /// What happened on some local days, counted.
    ///
    /// A cache whose first sync has not ended is `notSynced`.
    public func statistics(_ query: StatisticsQuery) throws(ClientError) -> Statistics {
        var statistics: OpaquePointer?
        try self.call { client, error in
            query.withQuery { query in
                khach_statistics_read(&statistics, client, query, error)
            }
        }
        return Statistics(taking: statistics)
    }

    /// The business and its pages.
    public func business() throws(ClientError) -> CachedBusiness {
        var list: OpaquePointer?
        try self.call { client, error in khach_pages(&list, client, error) }
        return CachedBusiness(taking: list)
    }

    /// At least one: nothing can be waited for in no time.
    static func milliseconds(_ duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        let bounded = min(max(seconds, 0), Int64(UInt32.max) / 1_000)
        return UInt32(clamping: max(1, bounded * 1_000 + attoseconds / 1_000_000_000_000_000))
    }

    func call(
        _ body: (OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>) -> khach_status
    ) throws(ClientError) {
        var error: OpaquePointer?
        let status = self.handle.withLock { handle in body(handle.client, &error) }
        guard status == KHACH_OK else { throw ClientError(status: status, error: error) }
    }
}
