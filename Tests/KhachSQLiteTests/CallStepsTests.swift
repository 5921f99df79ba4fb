internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Synchronization
internal import Testing

@testable internal import KhachSQLite

@Suite("What a followed call did in the store", .timeLimit(.minutes(15)))
struct CallStepsTests {
    @Test("a question and a write are told with their turns before their callers go on")
    func told() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            let filter = CustomerFilter(businessID: world.businesses[0].id)
            let steps = Mutex<[CallSteps.Step]>([])
            let clock = Atomic<UInt64>(0)
            let listener = CallSteps(
                clock: { clock.add(1, ordering: .relaxed).newValue },
                tell: { step in steps.withLock { $0.append(step) } }
            )
            try await CallSteps.$current.withValue(listener) {
                _ = try await store.count(filter, deadline: nil)
                #expect(steps.withLock { $0.map(\.name) } == [.turn, .read])
                _ = try await store.record(
                    [world.message("k", from: "a")],
                    now: StoreConformance.now
                )
                #expect(steps.withLock { $0.map(\.name) } == [.turn, .read, .turn, .commit])
            }
            // One after another, with nothing between a turn and what it was for.
            let told = steps.withLock(\.self)
            try #require(told.count == 4)
            for step in told { #expect(step.begun < step.ended) }
            #expect(told[0].ended == told[1].begun)
            #expect(told[2].ended == told[3].begun)

            _ = try await store.count(filter, deadline: nil)
            #expect(steps.withLock { $0.count } == 4)
        }
    }
}
