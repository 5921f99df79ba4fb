internal import Foundation
internal import KhachCore
internal import KhachSQLite
internal import KhachService
internal import KhachTestKit
internal import Testing

@Suite("Snapshots that are held")
struct SnapshotTests {
    private func withStore(
        _ change: (inout SQLiteStore.Configuration) -> Void = { _ in },
        _ body: (SQLiteStore, BusinessID) async throws -> Void
    ) async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            change(&configuration)
            let store = try SQLiteStore.open(
                path: path,
                codec: .proto,
                zones: .tzdata,
                configuration: configuration
            )
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            try await body(store, world.businesses[0].id)
        }
    }

    @Test("so many and no more, until one is closed or let go of")
    func bounded() async throws {
        try await self.withStore({ $0.snapshotsMax = 2 }) { store, business in
            let first = try await store.openSnapshot(of: business)
            do {
                let second = try await store.openSnapshot(of: business)
                await expect(.unavailable) { () async throws(StoreError) in
                    _ = try await store.openSnapshot(of: business)
                }
                // One that is refused takes no place, nor does one of no business.
                _ = second.head
            }
            first.close()
            for _ in 0..<3 {
                try await self.opens(store, business)
            }
        }
    }

    /// Opens one, and lets go of it; connections close on their own threads, some moment later.
    private func opens(_ store: SQLiteStore, _ business: BusinessID) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                _ = try await store.openSnapshot(of: business)
                return
            } catch {
                try #require(error.code == .unavailable && ContinuousClock.now < deadline)
                await Task.yield()
            }
        }
    }

    @Test("the store's end is the end of its snapshots")
    func storeCloses() async throws {
        try await self.withStore { store, business in
            let snapshot = try await store.openSnapshot(of: business)
            store.close()
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await snapshot.count(
                    CustomerFilter(businessID: business),
                    deadline: nil
                )
            }
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await store.openSnapshot(of: business)
            }
        }
    }

    @Test("a deadline that has passed stops a read, and not the snapshot")
    func deadline() async throws {
        try await self.withStore { store, business in
            let snapshot = try await store.openSnapshot(of: business)
            let filter = CustomerFilter(businessID: business)
            let past = Deadline(monotonicNanoseconds: 0)
            // A read of some steps ends before it looks at the clock; neither harms the snapshot.
            _ = try? await snapshot.count(filter, deadline: past)
            #expect(try await snapshot.count(filter, deadline: nil) == 0)
        }
    }
}
