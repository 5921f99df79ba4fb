internal import CKhach

/// How far a cache has come.
public enum SyncPhase: Int32, Hashable, Sendable {
    /// Nothing was ever pulled: no answer about customers can be given.
    case empty = 0
    /// The first pass is under way: what is there is true, but not all is there.
    case snapshot = 1
    /// Every customer is there.
    case complete = 2
}

/// What a cache holds, and of when.
public struct CacheState: Hashable, Sendable {
    /// How far the cache has come.
    public let phase: SyncPhase
    /// The version of the cache's layout.
    public let schemaVersion: Int
    /// Whether names are indexed; before, a search reads every name.
    public let isSearchIndexed: Bool
    /// The last commit sequence that the cache covers.
    public let seq: UInt64
    /// The server's last commit sequence when it was last heard.
    public let headSeq: UInt64
    /// The server's clock when the cache last had everything, in milliseconds since 1970 UTC.
    public let asOfMilliseconds: Int64?
    /// Customers in the cache.
    public let customersCount: UInt64
    /// Why the last sync failed; nil when it did not.
    public let lastFailure: ClientError.Code?
    /// The server's clock when the cache was last found equal to it, milliseconds since 1970 UTC.
    public let verifiedAtMilliseconds: Int64?
    /// The commit sequence at which it was.
    public let verifiedSeq: UInt64
    /// Whether rows were mended and the rest is still to be compared.
    public let isRepairing: Bool
    /// Whether the server's own digests did not add up when they were last compared.
    public let isUnverified: Bool
    /// Comparisons that found something to mend.
    public let repairsCount: UInt64
    /// Rows that were mended.
    public let repairedRowsCount: UInt64
    /// Why the last repair was made.
    public let lastCause: Comparison.Cause
    /// How often everything was fetched anew.
    public let fullResyncsCount: UInt64
    /// Edits of the outbox without an outcome.
    public let waitingCount: UInt64
    /// Edits that were not done, and that nobody has looked after.
    public let failedCount: UInt64
    /// Records that this library cannot read, put aside: they are in no answer.
    public let quarantinedCount: UInt64

    init(_ state: khach_cache_state) {
        self.phase = SyncPhase(rawValue: state.phase) ?? .empty
        self.schemaVersion = Int(state.schema_version)
        self.isSearchIndexed = state.is_search_indexed != 0
        self.seq = state.seq
        self.headSeq = state.head_seq
        self.asOfMilliseconds = state.as_of_ms == 0 ? nil : state.as_of_ms
        self.customersCount = state.customers_count
        self.lastFailure =
            state.last_status == 0 ? nil : ClientError.Code(rawValue: state.last_status)
        self.verifiedAtMilliseconds = state.verified_at_ms == 0 ? nil : state.verified_at_ms
        self.verifiedSeq = state.verified_seq
        self.isRepairing = state.is_repairing != 0
        self.isUnverified = state.is_unverified != 0
        self.repairsCount = state.repairs_count
        self.repairedRowsCount = state.repaired_rows_count
        self.lastCause = Comparison.Cause(rawValue: state.last_cause) ?? .none
        self.fullResyncsCount = state.full_resyncs_count
        self.waitingCount = state.waiting_count
        self.failedCount = state.failed_count
        self.quarantinedCount = state.quarantined_count
    }
}

/// What a comparison of a cache with its server found and did.
public struct Comparison: Hashable, Sendable {
    /// Why it was made.
    public enum Cause: Int32, Hashable, Sendable {
        case none = 0
        /// Somebody asked, or an earlier repair had not come to its end.
        case asked = 1
        /// The server was restored, or is another.
        case generation = 2
        /// The server has lost commits.
        case ahead = 3
        /// The server does not know the cursor.
        case cursor = 4
        /// Other pages may be seen than before.
        case scope = 5
        /// Deletions were forgotten that the cache had not heard of.
        case horizon = 6
    }

    /// Why it was made.
    public let cause: Cause
    /// Whether cache and server were equal, byte for byte: after the repair, if there was one.
    public let isEqual: Bool
    /// Whether the server's own digests did not add up.
    public let isUnverified: Bool
    /// Customers of the server.
    public let rowsCount: UInt64
    /// Rows of the cache that were other than what the server had sent.
    public let damagedCount: UInt64
    /// Rows that the cache did not have, or not as new.
    public let missingCount: UInt64
    /// Rows that the server does not have.
    public let surplusCount: UInt64
    /// Rows that were taken.
    public let fetchedCount: UInt64
    /// Rows that were dropped.
    public let droppedCount: UInt64
    /// Bytes of all replies.
    public let receivedBytes: UInt64
    /// Of them, those of digests, revisions and records.
    public let comparedBytes: UInt64

    init(_ found: khach_comparison) {
        self.cause = Cause(rawValue: found.cause) ?? .none
        self.isEqual = found.is_equal != 0
        self.isUnverified = found.is_unverified != 0
        self.rowsCount = found.rows_count
        self.damagedCount = found.damaged_count
        self.missingCount = found.missing_count
        self.surplusCount = found.surplus_count
        self.fetchedCount = found.fetched_count
        self.droppedCount = found.dropped_count
        self.receivedBytes = found.received_bytes
        self.comparedBytes = found.compared_bytes
    }
}

/// What one page of changes, or a whole sync, brought.
public struct SyncProgress: Hashable, Sendable {
    /// What a step does.
    public enum Kind: Int32, Hashable, Sendable {
        /// It follows the feed.
        case pull = 0
        /// It compares the cache with the server.
        case compare = 1
        /// It fetches what differs.
        case repair = 2
    }

    /// What the step did.
    public let kind: Kind
    /// Whether there is more to do.
    public let hasMore: Bool
    /// How far the cache has come.
    public let phase: SyncPhase
    /// Customers that were new or changed.
    public let upsertsCount: UInt64
    /// Customers that were erased or linked.
    public let tombstonesCount: UInt64
    /// Bytes on the wire.
    public let pageBytes: UInt64
    /// The last commit sequence that the cache covers.
    public let seq: UInt64
    /// The server's last commit sequence.
    public let headSeq: UInt64
    /// Customers in the cache.
    public let customersCount: UInt64
    /// The server's guess of how many there will be; for progress bars, not for truth.
    public let customersEstimate: UInt64
    /// Edits of the outbox that were answered.
    public let pushedCount: UInt64

    init(_ progress: khach_sync_progress) {
        self.kind = Kind(rawValue: progress.step_kind) ?? .pull
        self.hasMore = progress.has_more != 0
        self.phase = SyncPhase(rawValue: progress.phase) ?? .empty
        self.upsertsCount = progress.upserts_count
        self.pushedCount = progress.pushed_count
        self.tombstonesCount = progress.tombstones_count
        self.pageBytes = progress.page_bytes
        self.seq = progress.seq
        self.headSeq = progress.head_seq
        self.customersCount = progress.customers_count
        self.customersEstimate = progress.customers_estimate
    }
}

/// One account of the business on a channel.
public struct CachedPage: Hashable, Sendable, Identifiable {
    /// Opaque; begins with "p".
    public let id: String
    /// As people see it.
    public let name: String
    /// The channel's own id.
    public let externalID: String
    /// The chat platform.
    public let channel: Customer.Channel
}

/// The business that a cache is of, and its pages.
public struct CachedBusiness: Hashable, Sendable, Identifiable {
    /// Opaque; begins with "b".
    public let id: String
    /// As people see it.
    public let name: String
    /// The IANA zone in which its days are counted.
    public let timeZone: String
    /// In order of id.
    public let pages: [CachedPage]

    /// Copies a list and releases it.
    init(taking list: OpaquePointer?) {
        self.id = String(cString: khach_page_list_business_id(list))
        self.name = String(cString: khach_page_list_business_name(list))
        self.timeZone = String(cString: khach_page_list_business_zone(list))
        self.pages = (0..<khach_page_list_count(list)).map { index in
            CachedPage(
                id: String(cString: khach_page_list_id_at(list, index)),
                name: String(cString: khach_page_list_name_at(list, index)),
                externalID: String(cString: khach_page_list_external_id_at(list, index)),
                channel: Customer.Channel(rawValue: khach_page_list_channel_at(list, index))
                    ?? .unknown
            )
        }
        khach_page_list_free(list)
    }
}
