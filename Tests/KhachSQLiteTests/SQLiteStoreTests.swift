internal import Foundation
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

@Suite("SQLite store")
struct SQLiteStoreTests {
    @Test("conforms", arguments: StoreConformance.claims.indices)
    func conform(_ index: Int) async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            try await StoreConformance.claims[index].check(store)
        }
    }

    @Test("N2 agrees with the store in memory, whatever the order, repetition and cut")
    func agreesWithMemory() async throws {
        var generator = InteractionGenerator(seed: .fresh("agreement"), pages: [])
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            let memory = MemoryStore(codec: .proto)
            let world = try await StoreConformance.World(in: store)
            let model = try await StoreConformance.World(in: memory)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.deliveries(events: 400)
            for batch in generator.batches(generator.disturbed(deliveries)) {
                _ = try await store.record(batch, now: StoreConformance.now)
            }
            for batch in generator.batches(generator.disturbed(deliveries)) {
                _ = try await memory.record(batch, now: StoreConformance.now)
            }
            for (mine, theirs) in zip(world.businesses, model.businesses) {
                #expect(
                    try await StoreConformance.timelessRecords(store, mine.id)
                        == StoreConformance.timelessRecords(memory, theirs.id)
                )
            }
        }
    }

    @Test("4.13 a customer has a phone if and only if a text of it still holds one")
    func hasContacts() async throws {
        var generator = InteractionGenerator(seed: .fresh("has contacts"), pages: [])
        generator.usersPerPage = 60
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            let world = try await StoreConformance.World(in: store)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.disturbed(generator.deliveries(events: 400))
            for batch in generator.batches(deliveries) {
                _ = try await store.record(batch, now: StoreConformance.now)
            }
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readOnly)
            #expect(try database.integer("SELECT count(*) FROM customers WHERE has_phone") > 0)
            #expect(try database.integer("SELECT count(*) FROM customers WHERE NOT has_phone") > 0)
            let wrong = try database.integer(
                """
                SELECT count(*) FROM customers AS c
                WHERE has_phone <> EXISTS (
                    SELECT 1 FROM contact_observations WHERE customer_id = c.id AND kind = 1)
                OR has_email <> EXISTS (
                    SELECT 1 FROM contact_observations WHERE customer_id = c.id AND kind = 2)
                """
            )
            #expect(wrong == 0)
            let counts = try database.integer(
                """
                SELECT count(*) FROM interactions AS i WHERE contact_count <> (
                    SELECT count(*) FROM contact_observations WHERE interaction_id = i.id
                        AND customer_id IS i.customer_id)
                """
            )
            #expect(counts == 0)
        }
    }

    @Test("a restart keeps everything, and gives no identifier twice")
    func restart() async throws {
        var generator = InteractionGenerator(seed: .fresh("restart"), pages: [])
        try await withFolder { path in
            let before = try SQLiteStore.open(path: path, codec: .proto)
            let world = try await StoreConformance.World(in: before)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.deliveries(events: 200)
            for batch in generator.batches(deliveries) {
                _ = try await before.record(batch, now: StoreConformance.now)
            }
            let business = world.businesses[0].id
            let changes = try await StoreConformance.replay(before, business).map(\.record)
            before.close()
            #expect(!FileManager.default.fileExists(atPath: "\(path)/khach.db-wal"))

            let after = try SQLiteStore.open(path: path, codec: .proto)
            defer { after.close() }
            #expect(after.generation == before.generation)
            #expect(after.sealingKey == before.sealingKey)
            #expect(try await StoreConformance.replay(after, business).map(\.record) == changes)
            let again = try await after.record(
                [world.message("new", from: "new")],
                now: Instant(milliseconds: 0)
            )
            let highest = world.pages.map(\.id.rawValue).max() ?? .max
            #expect(try #require(again[0].customerID).rawValue > highest)
            for batch in generator.batches(generator.disturbed(deliveries)) {
                for outcome in try await after.record(batch, now: StoreConformance.now) {
                    #expect(outcome.result != .createdCustomer)
                }
            }
        }
    }

    @Test("many callers at once are each answered after a commit that holds their write")
    func concurrent() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<100 {
                    group.addTask {
                        let message = world.message("k\(caller)", from: "u\(caller % 10)")
                        let outcomes = try await store.record(
                            [message, message],
                            now: StoreConformance.now
                        )
                        #expect(outcomes[1].result == .duplicate)
                        let id = try #require(outcomes[0].customerID)
                        #expect(try store.customerInPlace(id) != nil)
                    }
                }
                try await group.waitForAll()
            }
            let changes = try await StoreConformance.replay(store, world.businesses[0].id)
            #expect(changes.filter { $0.entry.kind == .customer }.count == 10)
        }
    }

    @Test("a second server is refused, until the first has closed")
    func lock() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            expect(.unavailable) { () throws(StoreError) in
                _ = try SQLiteStore.open(path: path, codec: .proto)
            }
            store.close()
            try SQLiteStore.open(path: path, codec: .proto).close()
        }
    }

    @Test("files are their owner's alone")
    func modes() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            _ = try await StoreConformance.World(in: store)
            for file in try FileManager.default.contentsOfDirectory(atPath: path) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
            }
        }
    }

    @Test("a deadline that passed, and one that passes in a long count, are answered as such")
    func deadline() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            for batch in 0..<40 {
                let messages = (0..<1_000).map { index in
                    world.message("k\(batch)-\(index)", from: "u\(batch)-\(index)")
                }
                _ = try await store.record(messages, now: StoreConformance.now)
            }
            let filter = CustomerFilter(businessID: world.businesses[0].id)
            for nanoseconds in [0, 100_000] as [UInt64] {
                let now = nanoseconds == 0 ? 0 : DispatchTime.now().uptimeNanoseconds
                let deadline = Deadline(monotonicNanoseconds: now + nanoseconds)
                await expect(.deadlineExceeded) { () async throws(StoreError) in
                    _ = try await store.count(filter, deadline: deadline)
                }
            }
            let later = Deadline(
                monotonicNanoseconds: DispatchTime.now().uptimeNanoseconds + 60_000_000_000
            )
            #expect(try await store.count(filter, deadline: later).count == 40_000)
        }
    }

    @Test("a full queue refuses and changes nothing; a closed store refuses too")
    func refusals() async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            configuration.pendingWritesMax = 0
            let full = try SQLiteStore.open(
                path: path,
                codec: .proto,
                configuration: configuration
            )
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await full.record([], now: StoreConformance.now)
            }
            full.close()
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await full.businesses(after: nil, rowsMax: 1)
            }
            expect(.unavailable) { () throws(StoreError) in
                _ = try full.customerInPlace(CustomerID(rawValue: 1))
            }
        }
    }
}
