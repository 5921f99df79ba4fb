internal import CKhach

/// Why a call to the cache or the server failed.
///
/// Codes are open: expect ones that this version does not name.
public struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, by kind.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The number that the C library uses; part of its ABI.
        public let rawValue: Int32

        /// An argument is missing, out of range or malformed.
        public static let invalid = Code(KHACH_E_INVALID)
        /// No memory.
        public static let memory = Code(KHACH_E_MEMORY)
        /// The file system or the database failed.
        public static let io = Code(KHACH_E_IO)
        /// The server cannot be reached, or the connection broke.
        public static let network = Code(KHACH_E_NETWORK)
        /// The server did not answer in time.
        public static let timeout = Code(KHACH_E_TIMEOUT)
        /// The server sent what the protocol does not allow.
        public static let `protocol` = Code(KHACH_E_PROTOCOL)
        /// The server refused the call; `reason` says why.
        public static let remote = Code(KHACH_E_REMOTE)
        /// There is no such thing.
        public static let notFound = Code(KHACH_E_NOT_FOUND)
        /// The cache does not hold enough to answer: sync first.
        public static let notSynced = Code(KHACH_E_NOT_SYNCED)
        /// The server does not know the cursor: restart the sync.
        public static let cursorInvalid = Code(KHACH_E_CURSOR_INVALID)
        /// The server was restored or rebuilt: restart the sync.
        public static let generationChanged = Code(KHACH_E_GENERATION_CHANGED)
        /// The cursor is newer than the server.
        public static let cursorAhead = Code(KHACH_E_CURSOR_AHEAD)
        /// The server has far fewer customers than the cache, which was left as it is.
        public static let shrink = Code(KHACH_E_SHRINK)
        /// Other pages may be seen than before; again, since the sync began.
        public static let scopeChanged = Code(KHACH_E_SCOPE_CHANGED)
        /// The cache or the cursor belongs to another business.
        public static let scopeMismatch = Code(KHACH_E_SCOPE_MISMATCH)
        /// The file is not a cache of this library; it was not touched.
        public static let cacheForeign = Code(KHACH_E_CACHE_FOREIGN)
        /// A newer library wrote the cache; it was not touched.
        public static let cacheTooNew = Code(KHACH_E_CACHE_TOO_NEW)
        /// Another process is writing to the cache.
        public static let cacheLocked = Code(KHACH_E_CACHE_LOCKED)
        /// The cache is damaged.
        public static let cacheCorrupt = Code(KHACH_E_CACHE_CORRUPT)
        /// The disk is full; nothing of the page was kept.
        public static let diskFull = Code(KHACH_E_DISK_FULL)
        /// The cache has not come to the position in time.
        public static let notFresh = Code(KHACH_E_NOT_FRESH)
        /// The disk failed: whether an edit was kept, the outbox of the cache, opened anew, says.
        public static let outcomeUnknown = Code(KHACH_E_OUTCOME_UNKNOWN)
        /// The certificate of the server was refused here, or the client's there.
        public static let certificate = Code(KHACH_E_CERTIFICATE)
        /// The client was opened without an address.
        public static let offline = Code(KHACH_E_OFFLINE)

        /// The name that the C library gives to the code.
        public var description: String {
            String(cString: khach_status_name(khach_status(rawValue: self.rawValue)))
        }

        private init(_ status: khach_status) {
            self.rawValue = Int32(status.rawValue)
        }

        init(rawValue: Int32) {
            self.rawValue = rawValue
        }
    }

    /// The kind of failure.
    public let code: Code
    /// A sentence for people.
    public let message: String
    /// The server's reason, such as `CURSOR_INVALID`; empty when there is none.
    public let reason: String
    /// Whether the same call may succeed if repeated.
    public let isRetryable: Bool

    /// The code and the message in one line.
    public var description: String { "\(self.code): \(self.message)" }

    /// Takes over what the C library made.
    init(status: khach_status, error: OpaquePointer?) {
        self.code = Code(rawValue: Int32(status.rawValue))
        self.message = String(cString: khach_error_message(error))
        self.reason = String(cString: khach_error_reason(error))
        self.isRetryable = khach_error_is_retryable(error) != 0
        khach_error_free(error)
    }

    /// Calls into the C library, and throws what it reports.
    static func check(
        _ call: (UnsafeMutablePointer<OpaquePointer?>) -> khach_status
    ) throws(ClientError) {
        var error: OpaquePointer?
        let status = call(&error)
        guard status == KHACH_OK else { throw ClientError(status: status, error: error) }
    }
}
