internal import Dispatch
package import KhachCore
internal import Synchronization

/// Customers in one SQLite file in a folder of its own.
///
/// Writes go to one connection on one thread and are answered after their commit is on disk; reads
/// see the last commit and never wait for a write.
package final class SQLiteStore: CustomerStore, PointReads {
    package let generation: [UInt8]
    package let sealingKey: [UInt8]

    let writer: Writer
    let codec: RecordCodec
    let folder: DataFolder
    private let readers: Readers
    private let snapshots: HeldSnapshots
    /// When a write last showed that the writer works, on the monotonic clock; 0: not yet.
    private let provenAt = Atomic<UInt64>(0)
    private let proofNanosecondsMax: UInt64

    /// Opens the store in a folder, and makes both when they are missing.
    ///
    /// Throws `unavailable` when another server has it open, `schemaTooNew`, and `invalid` when the
    /// file there is not a store. Blocks.
    package static func open(
        path: String,
        codec: RecordCodec,
        zones: ZoneRules,
        configuration: Configuration = Configuration()
    ) throws(StoreError) -> SQLiteStore {
        let folder = try DataFolder(path: path)
        let (meta, writer) = try Self.startWriter(
            folder.databasePath,
            codec,
            zones,
            configuration
        )
        do throws(StoreError) {
            let readers = try Readers(path: folder.databasePath, configuration: configuration)
            let snapshots = HeldSnapshots(
                path: folder.databasePath,
                countMax: configuration.snapshotsMax
            )
            let proof = configuration.proofMillisecondsMax
            return SQLiteStore(folder, meta, codec, writer, readers, snapshots, proof)
        } catch {
            writer.close()
            throw error
        }
    }

    private init(
        _ folder: DataFolder,
        _ meta: Meta,
        _ codec: RecordCodec,
        _ writer: Writer,
        _ readers: Readers,
        _ snapshots: HeldSnapshots,
        _ proofMillisecondsMax: Int
    ) {
        self.folder = folder
        self.codec = codec
        self.generation = meta.generation
        self.sealingKey = meta.sealingKey
        self.writer = writer
        self.readers = readers
        self.snapshots = snapshots
        self.proofNanosecondsMax = UInt64(proofMillisecondsMax) * 1_000_000
    }

    /// Writes and answers what waits, copies the log back, and closes the file.
    ///
    /// Blocks until then; every later call is `unavailable`.
    package func close() {
        self.snapshots.close()
        self.readers.close()
        self.writer.close()
        self.folder.release()
    }

    /// Bytes of the log that stands beside the file.
    package var logBytes: Int { self.folder.logBytes }

    // MARK: Writes

    /// Writes that wait for their commit.
    package var waitingWritesCount: Int { self.writer.waitingCount }

    /// Refuses every write with this, until it is called with `nil`; reads go on.
    package func refuseWrites(_ refusal: StoreError?) {
        self.writer.refuse(refusal)
    }

    /// Returns when a write is on the disk that was made for this, and at most
    /// `Configuration.proofMillisecondsMax` ago; throws why there is none.
    package func checkWriter() async throws(StoreError) {
        guard !self.writer.hasFailed else {
            throw StoreError(.unavailable, "a running writer expected, a failed one found")
        }
        let now = DispatchTime.now().uptimeNanoseconds
        let latest = self.provenAt.load(ordering: .acquiring)
        guard latest == 0 || now - min(now, latest) > self.proofNanosecondsMax else { return }

        try await self.writer.write { (session) throws(StoreError) in try session.prove() }
        self.provenAt.store(now, ordering: .releasing)
    }

    package func record(
        _ interactions: [Interaction],
        now: Instant
    ) async throws(StoreError) -> [InteractionOutcome] {
        try await self.writer.write(weight: interactions.count) { (session) throws(StoreError) in
            try session.record(interactions, now: now)
        }
    }

    package func createBusiness(
        _ business: NewBusiness,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        try await self.writer.write { (session) throws(StoreError) in
            try session.createBusiness(business, by: author, now: now)
        }
    }

    package func createPage(
        _ page: NewPage,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        try await self.writer.write { (session) throws(StoreError) in
            try session.createPage(page, by: author, now: now)
        }
    }

    package func observeCommits(_ observer: @escaping CommitObserver) {
        self.writer.observeCommits(observer)
    }

    // MARK: Reads

    package func business(_ id: BusinessID) async throws(StoreError) -> Business? {
        try await self.read { (reader) throws(StoreError) in try reader.business(id) }
    }

    package func businesses(
        after: BusinessID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Business] {
        try await self.read { (reader) throws(StoreError) in
            try reader.businesses(after: after, rowsMax: rowsMax)
        }
    }

    package func pages(
        of business: BusinessID,
        after: PageID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Page] {
        try await self.read { (reader) throws(StoreError) in
            try reader.pages(of: business, after: after, rowsMax: rowsMax)
        }
    }

    package func customer(_ id: CustomerID) async throws(StoreError) -> StoredCustomer? {
        try await self.read { (reader) throws(StoreError) in try reader.customer(id) }
    }

    package func customerInPlace(_ id: CustomerID) throws(StoreError) -> StoredCustomer? {
        try self.refuseAfterFailure()
        return try self.readers.readInPlace { (reader) throws(StoreError) in
            try reader.customer(id)
        }
    }

    package func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.customers(query)
        }
    }

    package func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerCount {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.count(filter)
        }
    }

    package func openSnapshot(
        of business: BusinessID
    ) async throws(StoreError) -> any CustomerSnapshot {
        try self.refuseAfterFailure()
        return try await self.snapshots.open(business)
    }

    package func statistics(
        _ query: StatisticsQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> Statistics {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.statistics(query)
        }
    }

    package func changes(
        _ query: ChangeQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> ChangePage {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.changes(query)
        }
    }

    // MARK: Helpers

    private static func startWriter(
        _ path: String,
        _ codec: RecordCodec,
        _ zones: ZoneRules,
        _ configuration: Configuration
    ) throws(StoreError) -> (Meta, Writer) {
        let database = try Database(path: path, access: .readWrite)
        try Migrations.all.run(on: database)
        try WriteSession.prepare(database)
        let meta = try Meta(from: database)
        let session = try WriteSession(
            database: database,
            meta: meta,
            codec: codec,
            zones: zones,
            gatheredKeysMax: configuration.gatheredKeysMax
        )
        try session.rebuildIfAsked()
        if let failure = session.checkpointErased() { throw failure }
        return (meta, try Writer(session: session, configuration: configuration))
    }

    func snapshot<Answer: Sendable>(
        _ deadline: Deadline?,
        _ body: @escaping @Sendable (Reader) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        try await self.read { (reader) throws(StoreError) in
            try reader.snapshot(deadline: deadline) { () throws(StoreError) in try body(reader) }
        }
    }

    func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Reader) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        try self.refuseAfterFailure()
        return try await self.readers.read(body)
    }

    /// After a commit of unknown outcome, what a reader sees may be gone after the restart.
    private func refuseAfterFailure() throws(StoreError) {
        guard !self.writer.hasFailed else {
            throw StoreError(.unavailable, "a running writer expected, a failed one found")
        }
    }
}
