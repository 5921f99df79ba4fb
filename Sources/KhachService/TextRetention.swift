package import KhachCore

/// How long texts of interactions are kept; what was found in them stays.
package struct TextRetention: Sendable {
    package static let daysMax = 36_500
    /// Texts that one write drops, so that others are not kept waiting.
    private static let textsPerWrite = 1_000

    private let store: any CustomerStore
    private let days: Int
    private let now: @Sendable () -> Instant

    /// Keeps texts for a number of days after they were received.
    package init(store: any CustomerStore, days: Int, now: @escaping @Sendable () -> Instant) {
        self.store = store
        self.days = days
        self.now = now
    }

    /// Drops every text that is older.
    package func sweep() async throws(StoreError) {
        let oldest = self.now().milliseconds - Int64(self.days) * 86_400_000
        var hasMore = true
        while hasMore, !Task.isCancelled {
            hasMore = try await self.store.dropTexts(
                receivedBefore: Instant(milliseconds: oldest),
                rowsMax: Self.textsPerWrite
            )
        }
    }
}
