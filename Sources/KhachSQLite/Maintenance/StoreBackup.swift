internal import CSQLite
internal import Glibc
package import KhachCore

/// Copies of a store: taken while it is served, and put in the place of one that is lost.
package enum StoreBackup {
    /// What a copy holds.
    package struct Contents: Hashable, Sendable {
        package struct BusinessPart: Hashable, Sendable {
            package var id: BusinessID
            package var head: CommitSequence
            package var customers: Int64
        }

        package var schemaVersion: Int64
        /// Of the history that it is a moment of.
        package var generation: [UInt8]
        /// In order of id.
        package var businesses: [BusinessPart]
    }

    private static let fileMode: mode_t = 0o600

    /// Copies the store of a folder, as it is at one commit, to a file that is not there yet.
    ///
    /// A server may go on writing meanwhile, and is not waited for.
    package static func copy(dataFolder: String, to path: String) throws(StoreError) -> Contents {
        let source = "\(dataFolder)/khach.db"
        guard access(source, R_OK) == 0 else {
            throw StoreError(.notFound, "a store expected in \(dataFolder), none found")
        }

        try self.makeFile(path)
        try self.copyPages(try Database(path: source, access: .readOnly), to: path)
        let copy = try Database(path: path, access: .readOnly)
        return try self.contents(of: copy)
    }

    /// Makes a copy the store of a folder that has none, as a new generation: what comes now is
    /// another history, whatever its numbers (sync.md B1, B2).
    package static func restore(
        _ path: String,
        into dataFolder: String,
        now: Instant
    ) throws(StoreError) -> Contents {
        let target = "\(dataFolder)/khach.db"
        guard mkdir(dataFolder, 0o700) == 0 || errno == EEXIST else {
            throw self.failure("a data folder expected at \(dataFolder)")
        }
        guard access(target, F_OK) != 0 else {
            throw StoreError(.alreadyExists, "a folder without a store expected, \(target) found")
        }

        let new = "\(target).restoring"
        unlink(new)
        try self.makeFile(new)
        try self.copyPages(try Database(path: path, access: .readOnly), to: new)
        let contents = try self.beginGeneration(new, now)
        for suffix in ["-wal", "-shm"] { unlink(new + suffix) }
        try self.sync(new)
        guard rename(new, target) == 0 else {
            throw self.failure("a store that can be named \(target) expected")
        }
        try self.sync(dataFolder)
        return contents
    }

    /// Waits until a file, or the names in a folder, are on the disk.
    package static func sync(_ path: String) throws(StoreError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw self.failure("\(path) expected") }

        defer { close(file) }
        guard fsync(file) == 0 else { throw self.failure("\(path) on the disk expected") }
    }

    // MARK: Parts

    private static func makeFile(_ path: String) throws(StoreError) {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = open(path, flags, self.fileMode)
        guard file >= 0 else { throw self.failure("a new file expected at \(path)") }

        close(file)
    }

    /// In one step, which reads one moment of the source.
    private static func copyPages(_ source: Database, to path: String) throws(StoreError) {
        var target: OpaquePointer?
        let opened = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE, nil)
        defer { sqlite3_close_v2(target) }
        guard opened == SQLITE_OK, let target else {
            throw ResultCode(opened).error("opening the copy")
        }
        guard let backup = sqlite3_backup_init(target, "main", source.handle, "main") else {
            throw ResultCode(sqlite3_extended_errcode(target)).error("beginning the copy")
        }

        let stepped = sqlite3_backup_step(backup, -1)
        let finished = sqlite3_backup_finish(backup)
        guard stepped == SQLITE_DONE, finished == SQLITE_OK else {
            throw ResultCode(stepped == SQLITE_DONE ? finished : stepped).error("copying")
        }
    }

    private static func beginGeneration(
        _ path: String,
        _ now: Instant
    ) throws(StoreError) -> Contents {
        let database = try Database(path: path, access: .readWrite)
        try Migrations.all.run(on: database)
        try database.execute("BEGIN IMMEDIATE")
        let insert = try Statement(
            database,
            """
            INSERT INTO generations (generation, ended_at)
            SELECT generation, ?1 FROM meta WHERE id = 1
            """
        )
        insert.bind(1, now)
        try insert.run()
        let update = try Statement(database, "UPDATE meta SET generation = ?1 WHERE id = 1")
        try Meta.randomBytes(Meta.generationBytes).lend { (bytes) throws(StoreError) in
            update.bind(1, blob: bytes)
            try update.run()
        }
        try database.execute("COMMIT")
        try database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return try self.contents(of: database)
    }

    private static func contents(of database: Database) throws(StoreError) -> Contents {
        let meta = try Meta(from: database)
        var contents = Contents(
            schemaVersion: try database.integer("PRAGMA user_version"),
            generation: meta.generation,
            businesses: []
        )
        let select = try Statement(
            database,
            "SELECT id, head, customers FROM businesses ORDER BY id"
        )
        while try select.step() {
            contents.businesses.append(
                Contents.BusinessPart(
                    id: BusinessID(rawValue: select.integer(0)),
                    head: CommitSequence(bitPattern: select.integer(1)),
                    customers: select.integer(2)
                )
            )
        }
        return contents
    }

    /// What was expected, and what the system says instead.
    private static func failure(_ expected: String) -> StoreError {
        StoreError(.unavailable, "\(expected), found: \(String(cString: strerror(errno)))")
    }
}
