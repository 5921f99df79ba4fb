internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

@Suite("Store agreement")
struct StoreAgreementTests {
    private static let steps = 120

    @Test(
        "whatever is recorded, edited, blocked, linked or erased, SQLite holds what memory holds",
        arguments: 0..<6
    )
    func agree(_ run: Int) async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            configuration.gatheredKeysMax = 16
            let store = try SQLiteStore.open(
                path: path,
                codec: .proto,
                zones: .tzdata,
                configuration: configuration
            )
            defer { store.close() }
            var agreement = StoreAgreement(
                seed: .fresh("store agreement, run \(run)"),
                [store, MemoryStore()]
            )
            try await agreement.run(steps: Self.steps)
            try expectChains(in: path)
            try expectDigests(in: path)
            #expect(try expectKeys(in: path) > 0, "no key came into its table")
        }
    }
}
