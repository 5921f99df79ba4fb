internal import KhachCore
internal import KhachTestKit
internal import Testing

@Suite("Store in memory")
struct MemoryStoreTests {
    @Test("conforms", arguments: StoreConformance.claims.indices)
    func conform(_ index: Int) async throws {
        try await StoreConformance.claims[index].check(MemoryStore())
    }

    @Test("N1, N2 two orders of one set give the same customers", arguments: 0..<5)
    func anyOrder(_ run: Int) async throws {
        try await StoreConformance.requireOrderIndependence(
            seed: .fresh("order in memory, run \(run)"),
            [MemoryStore(), MemoryStore()]
        )
    }
}
