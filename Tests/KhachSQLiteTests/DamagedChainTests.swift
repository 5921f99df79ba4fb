internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// A chain of interactions that a damaged file has made a circle: nothing goes round for ever.
@Suite("A chain that is a circle", .timeLimit(.minutes(15)))
struct DamagedChainTests {
    @Test("is erased")
    func erase() async throws {
        try await Self.withCircle { path, _, circle in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let author = Authorship(actor: "lan")
            _ = try await store.erase(circle, by: author, now: StoreConformance.now)
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readOnly)
            let erased = try database.integer("SELECT count(*) FROM interactions WHERE state = 4")
            #expect(erased == 3)
        }
    }

    @Test("is corrupt where another is to be joined to its end, and stays as it was")
    func link() async throws {
        try await Self.withCircle { path, first, circle in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            await expect(.corrupt) { () async throws(StoreError) in
                _ = try await store.link(
                    first,
                    with: .customer(circle),
                    by: Authorship(actor: "lan"),
                    now: StoreConformance.now
                )
            }
            #expect(try await store.customer(circle) != nil)
        }
    }

    /// Runs `body` with the folder of a store of two customers, the second one with a circle.
    private static func withCircle(
        _ body: (String, CustomerID, CustomerID) async throws -> Void
    ) async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: store)
            let messages = ["a", "a", "b", "b", "b"].enumerated().map {
                world.message("k\($0.offset)", from: $0.element)
            }
            let outcomes = try await store.record(messages, now: StoreConformance.now)
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readWrite)
            try database.execute(
                """
                UPDATE interactions SET previous_id = (SELECT max(id) FROM interactions)
                WHERE previous_id = 0 AND customer_id = (SELECT max(id) FROM customers)
                """
            )
            #expect(database.changes == 1)
            try await body(
                path,
                try #require(outcomes[0].customerID),
                try #require(outcomes[4].customerID)
            )
        }
    }
}
