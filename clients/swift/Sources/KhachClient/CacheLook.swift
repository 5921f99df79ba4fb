internal import CKhach

/// What has changed since a cache was last offline, for more than ten minutes.
///
/// By the server's clock. A customer that changed and changed back is not counted.
public struct CacheDifference: Hashable, Sendable {
    /// The commit sequence of the cache when it went offline; 0 before its first pass has ended.
    public let sinceSeq: UInt64
    /// The server's clock at that time, milliseconds since 1970 UTC.
    public let sinceMilliseconds: Int64?
    /// Customers that were not there before.
    public let newCount: UInt64
    /// Customers that are there no more.
    public let goneCount: UInt64
    /// Customers that are blocked now and were not.
    public let blockedCount: UInt64
    /// Customers that were blocked and are not.
    public let unblockedCount: UInt64
    /// Customers that have a phone now and had none.
    public let gotPhoneCount: UInt64
    /// Customers that have an e-mail address now and had none.
    public let gotEmailCount: UInt64
    /// Customers that were there before and are now, and were touched in whatever way.
    public let changedCount: UInt64
    /// Of `goneCount`: customers of pages that the caller may see no longer.
    public let outOfScopeCount: UInt64

    init(_ found: khach_difference) {
        self.sinceSeq = found.since_seq
        self.sinceMilliseconds = found.since_ms == 0 ? nil : found.since_ms
        self.newCount = found.new_count
        self.goneCount = found.gone_count
        self.blockedCount = found.blocked_count
        self.unblockedCount = found.unblocked_count
        self.gotPhoneCount = found.got_phone_count
        self.gotEmailCount = found.got_email_count
        self.changedCount = found.changed_count
        self.outOfScopeCount = found.out_of_scope_count
    }
}

/// Why a customer is, or is not, in the answers of a cache.
public struct CacheExplanation: Hashable, Sendable {
    /// What the answers have of the customer.
    public enum Presence: Int32, Hashable, Sendable {
        /// The cache has everything as of its `seq`, and the customer is not there.
        case absent = 0
        /// The first pass has not ended: the customer may come yet.
        case notYet = 1
        case present = 2
        /// An older state; a newer one cannot be read and was put aside.
        case older = 3
        /// Nothing: the only state that came cannot be read and was put aside.
        case putAside = 4
        /// Nothing: it has left together with the right to see its page, and may well exist.
        case outOfScope = 5
    }

    /// What the server says.
    public enum ServerWord: Int32, Hashable, Sendable {
        case notAsked = 0
        /// It gave no answer.
        case silent = 1
        /// The same bytes of the same commit.
        case same = 2
        /// Another state: newer, unless the cache is damaged or the server was restored.
        case other = 3
        /// It has no such customer.
        case none = 4
    }

    /// What the answers have of the customer.
    public let presence: Presence
    /// Whether what is derived of the row is not what its record says: repair.
    public let isDamaged: Bool
    /// The page of the state that is answered; empty for none.
    public let pageID: String
    /// Its commit sequence; 0 for none.
    public let seq: UInt64
    /// Whether the cache does not have that page.
    public let isPageUnknown: Bool
    /// The commit sequence of the state that was put aside; 0 for none.
    public let quarantinedSeq: UInt64
    /// Why it was.
    public let quarantineReason: String
    /// Which version of the library did.
    public let quarantineLibrary: String
    /// Changes made here that the server has not settled.
    public let pendingCount: UInt64
    /// How far the cache has come.
    public let phase: SyncPhase
    /// The last commit sequence that the cache covers.
    public let cacheSeq: UInt64
    /// What the server says.
    public let serverWord: ServerWord
    /// The commit sequence of the server's state; 0 for none.
    public let serverSeq: UInt64

    init(_ found: khach_explanation) {
        self.presence = Presence(rawValue: found.presence) ?? .absent
        self.isDamaged = found.is_damaged != 0
        self.pageID = Self.text(found.page_id)
        self.seq = found.seq
        self.isPageUnknown = found.is_page_unknown != 0
        self.quarantinedSeq = found.quarantined_seq
        self.quarantineReason = Self.text(found.quarantine_reason)
        self.quarantineLibrary = Self.text(found.quarantine_library)
        self.pendingCount = found.pending_count
        self.phase = SyncPhase(rawValue: found.phase) ?? .empty
        self.cacheSeq = found.cache_seq
        self.serverWord = ServerWord(rawValue: found.server_word) ?? .notAsked
        self.serverSeq = found.server_seq
    }

    /// The text of an array of C, which comes as a tuple.
    private static func text(_ array: some Any) -> String {
        withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// One thing that was looked at in a cache.
public struct CacheFinding: Hashable, Sendable {
    /// How good it is.
    public enum Grade: Int32, Hashable, Sendable {
        case good = 0
        /// Nothing is wrong yet, or it mends itself.
        case note = 1
        /// Somebody has to do something.
        case bad = 2
    }

    /// What it is about, such as `leader`.
    public let name: String
    /// How good it is.
    public let grade: Grade
    /// For people.
    public let text: String
}

extension OfflineClient {
    /// What has changed since the cache was last offline.
    public func difference() throws(ClientError) -> CacheDifference {
        var found = khach_difference()
        khach_difference_init(&found)
        try self.call { client, error in khach_difference_read(&found, client, error) }
        return CacheDifference(found)
    }

    /// Why a customer is, or is not, in the answers; and what the server says, if it answers.
    public func explain(id: String) throws(ClientError) -> CacheExplanation {
        var found = khach_explanation()
        khach_explanation_init(&found)
        try self.call { client, error in khach_explain(&found, client, id, error) }
        return CacheExplanation(found)
    }

    /// Looks over the cache and, if there is an address, its server; changes nothing.
    public func checkup() throws(ClientError) -> [CacheFinding] {
        var checkup: OpaquePointer?
        try self.call { client, error in khach_checkup_make(&checkup, client, error) }
        defer { khach_checkup_free(checkup) }
        return (0..<khach_checkup_count(checkup)).map { index in
            CacheFinding(
                name: String(cString: khach_checkup_name_at(checkup, index)),
                grade: CacheFinding.Grade(rawValue: khach_checkup_finding_at(checkup, index))
                    ?? .note,
                text: String(cString: khach_checkup_text_at(checkup, index))
            )
        }
    }

    /// A descriptor that `poll` calls readable when somebody else may have changed the cache.
    ///
    /// Then ask `takeChanges`. The client closes it.
    public func changesDescriptor() throws(ClientError) -> Int32 {
        var descriptor: Int32 = -1
        try self.call { client, error in khach_changes_fd(&descriptor, client, error) }
        return descriptor
    }

    /// Whether anybody but this client has changed the cache since this was last asked.
    public func takeChanges() throws(ClientError) -> Bool {
        var hasChanged: Int32 = 0
        try self.call { client, error in khach_changes_take(&hasChanged, client, error) }
        return hasChanged != 0
    }

    /// Overwrites a cache and removes it with what lies beside it.
    ///
    /// No client of this process may have it open; those of other processes read nothing of it any
    /// more. It throws `cacheLocked` while a process writes or leads the sync.
    public static func wipe(cachePath: String) throws(ClientError) {
        try ClientError.check { error in
            cachePath.withCString { path in khach_wipe(path, error) }
        }
    }
}
