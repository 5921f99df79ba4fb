internal import KhachCore
internal import KhachTestKit
internal import Testing

@Suite("Store in memory")
struct MemoryStoreTests {
    @Test("conforms", arguments: StoreConformance.claims.indices)
    func conform(_ index: Int) async throws {
        try await StoreConformance.claims[index].check(MemoryStore())
    }
}
