/// How long deletions are told one by one; what is older is found by digests (sync.md C1, N2).
package protocol TombstoneCompaction: Sendable {
    /// Forgets tombstones that are older than an instant, the oldest first, in one transaction with
    /// the horizons of their businesses; returns how many, at most `rowsMax` when their times are
    /// in order.
    ///
    /// A business keeps no tombstone at or below its horizon, and the horizon is never lowered.
    func compactTombstones(
        before: Instant,
        rowsMax: Int
    ) async throws(StoreError) -> Int
}
