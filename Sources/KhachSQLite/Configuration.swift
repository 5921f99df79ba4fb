package import KhachCore

/// What a store may be told when it is opened; every bound has its unit in its name.
extension SQLiteStore {
    package struct Configuration: Sendable {
        /// Threads that answer lists, counts and changes.
        package var readerThreads = 2
        /// Connections for reads in place; one per thread that makes such reads.
        package var inPlaceReaders = 4
        /// Writes that wait; more are refused as `unavailable`.
        package var pendingWritesMax = 4_096
        /// Interactions that wait in those writes.
        package var pendingInteractionsMax = 65_536
        /// Interactions in one commit; a write is never split.
        package var groupInteractionsMax = 8_192
        /// Reads that wait; more are refused as `unavailable`.
        package var pendingReadsMax = 4_096
        /// Snapshots that may be held at once; more are refused as `unavailable`.
        package var snapshotsMax = 16
        /// Keys of events that are gathered before they are written in their order; up to twice as
        /// many are in memory, and read when the store is opened.
        package var gatheredKeysMax = 65_536
        /// Pages of the log after which it is copied back into the file.
        package var checkpointPages: Int32 = 16_000
        /// How long a write that was made to show that there can be one is taken for a proof.
        package var proofMillisecondsMax = 5_000
        /// How long a log that somebody reads is left before it is tried again to empty it of what
        /// was erased; only while nothing is written.
        package var erasedRetryMilliseconds = 1_000

        /// Called once when a commit's outcome is not known: the process should end, and the next
        /// one recover.
        ///
        /// Called on the writer's thread.
        package var failure: @Sendable (StoreError) -> Void = { _ in }

        /// Called with what each commit was and took, once its callers are answered.
        ///
        /// Called on the writer's thread.
        package var committed: @Sendable (CommitReport) -> Void = { _ in }

        package init() {}
    }
}

/// What one commit was, and what it took.
package struct CommitReport: Hashable, Sendable {
    /// Writes in it.
    package var writes: Int
    /// From its beginning to its end.
    package var nanoseconds: UInt64
    /// The commit alone, which waits for the disk.
    package var syncNanoseconds: UInt64
}
