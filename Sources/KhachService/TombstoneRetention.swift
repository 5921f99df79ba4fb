package import KhachCore

/// How long deletions are told to caches one by one; a cache that was away for longer finds them by
/// comparing itself (sync.md C1).
package struct TombstoneRetention: Sendable {
    package static let secondsDefault: Int64 = 90 * 86_400
    package static let secondsMax: Int64 = 36_500 * 86_400
    /// Tombstones that one write forgets, so that others are not kept waiting.
    private static let rowsPerWrite = 1_000

    private let store: any CustomerStore
    private let seconds: Int64
    private let now: @Sendable () -> Instant

    package init(
        store: any CustomerStore,
        seconds: Int64,
        now: @escaping @Sendable () -> Instant
    ) {
        self.store = store
        self.seconds = seconds
        self.now = now
    }

    /// Forgets every tombstone that is older.
    package func sweep() async throws(StoreError) {
        let oldest = Instant(milliseconds: self.now().milliseconds - self.seconds * 1_000)
        var removed = Self.rowsPerWrite
        while removed >= Self.rowsPerWrite, !Task.isCancelled {
            removed = try await self.store.compactTombstones(
                before: oldest,
                rowsMax: Self.rowsPerWrite
            )
        }
    }
}
