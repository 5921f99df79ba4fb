internal import Glibc
internal import KhachCore

/// The folder of a store: its files, their modes, and the lock that keeps a second server out.
///
/// The lock is held until the value is released, and the system drops it when the process dies.
final class DataFolder: Sendable {
    private static let fileMode: mode_t = 0o600
    private static let folderMode: mode_t = 0o700

    let path: String
    let databasePath: String
    private let lock: Int32

    /// Bytes of the file's log; 0 when there is none.
    var logBytes: Int {
        var facts = stat()
        return stat("\(self.databasePath)-wal", &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// Makes the folder and the files that are missing.
    ///
    /// Throws `unavailable` when another server has it open.
    init(path: String) throws(StoreError) {
        guard mkdir(path, Self.folderMode) == 0 || errno == EEXIST else {
            throw Self.missing("a data folder expected at \(path)")
        }

        let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let lock = open("\(path)/khach.lock", flags, Self.fileMode)
        guard lock >= 0 else {
            throw Self.missing("a lock file expected in \(path)")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw StoreError(.unavailable, "one server for \(path) expected, another one found")
        }

        // SQLite gives its other files the mode of this one. Nothing may open and close it while
        // SQLite has it: that would drop SQLite's locks.
        let databasePath = "\(path)/khach.db"
        let file = open(databasePath, flags, Self.fileMode)
        guard file >= 0 else {
            let error = Self.missing("a database file expected in \(path)")
            close(lock)
            throw error
        }
        fchmod(file, Self.fileMode)
        close(file)
        self.path = path
        self.databasePath = databasePath
        self.lock = lock
    }

    /// What was expected, and what the system says instead.
    private static func missing(_ expected: String) -> StoreError {
        StoreError(.unavailable, "\(expected), found: \(String(cString: strerror(errno)))")
    }

    /// Lets another server in.
    func release() {
        flock(self.lock, LOCK_UN)
    }

    deinit {
        close(self.lock)
    }
}
