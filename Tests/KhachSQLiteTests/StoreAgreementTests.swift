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
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            var agreement = StoreAgreement(
                seed: .fresh("store agreement, run \(run)"),
                [store, MemoryStore()]
            )
            try await agreement.run(steps: Self.steps)
            try expectChains(in: path)
        }
    }
}
