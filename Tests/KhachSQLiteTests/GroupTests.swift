internal import Dispatch
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// Writes of several callers in one transaction: what one of them meets is its own.
@Suite("Groups of writes")
struct GroupTests {
    private static let lostZone = "Asia/Tokyo"

    @Test("a business whose zone has left tzdata is refused alone")
    func lostZone() async throws {
        try await withFolder { path in
            let made = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: made)
            let lost = try await Self.addPage(of: Self.lostZone, to: made)
            made.close()

            let zones = ZoneRules { $0 == Self.lostZone ? nil : ZoneRules.tzdata.calendar($0) }
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: zones)
            defer { store.close() }
            var stranger = world.message("lost", from: "a")
            stranger.page = lost
            let batches = [
                [world.message("k1", from: "a")],
                [world.message("k2", from: "b"), stranger],
                [world.message("k3", from: "c")],
            ]
            let answers = await Self.writeTogether(batches, into: store)
            #expect(answers == [[.createdCustomer], nil, [.createdCustomer]])
            // Nothing of the refused one was kept.
            let again = try await store.record(batches[1].dropLast(), now: StoreConformance.now)
            #expect(again.map(\.result) == [.createdCustomer])
        }
    }

    private static func addPage(of zone: String, to store: SQLiteStore) async throws -> PageKey {
        let business = try await store.createBusiness(
            NewBusiness(name: "Lost", timeZone: zone, locale: "vi"),
            by: .service,
            now: StoreConformance.now
        )
        let key = PageKey(channel: .facebook, externalPageID: "lost")
        let page = NewPage(businessID: business.id, key: key, name: "Lost")
        return try await store.createPage(page, by: .service, now: StoreConformance.now).key
    }

    /// Records batches in one group; `nil` for one that was `unavailable`.
    private static func writeTogether(
        _ batches: [[Interaction]],
        into store: SQLiteStore
    ) async -> [[InteractionOutcome.Result]?] {
        let (begun, open) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        return await withTaskGroup(of: (Int, [InteractionOutcome.Result]?).self) { group in
            group.addImmediateTask {
                // What comes while this is written waits, and then is one group.
                try? await store.writer.write { _ in
                    begun.signal()
                    open.wait()
                }
                return (-1, nil)
            }
            Self.wait(for: begun)
            for (index, batch) in batches.enumerated() {
                group.addImmediateTask {
                    do throws(StoreError) {
                        let outcomes = try await store.record(batch, now: StoreConformance.now)
                        return (index, outcomes.map(\.result))
                    } catch {
                        #expect(error.message.contains(Self.lostZone), "\(error.message)")
                        return (index, nil)
                    }
                }
            }
            open.signal()
            var answers: [[InteractionOutcome.Result]?] = batches.map { _ in nil }
            for await (index, results) in group where index >= 0 {
                answers[index] = results
            }
            return answers
        }
    }

    /// The writer's thread answers at once.
    private static func wait(for semaphore: DispatchSemaphore) {
        semaphore.wait()
    }
}
