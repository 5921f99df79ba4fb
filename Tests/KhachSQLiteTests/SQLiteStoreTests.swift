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
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            try await StoreConformance.claims[index].check(store)
        }
    }

    @Test("a write whose caller has left is not begun")
    func leftCaller() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            let left = world.message("left", from: "a")
            let refused = await withTaskGroup(of: StoreError.Code?.self) { group in
                group.cancelAll()
                group.addTask {
                    do throws(StoreError) {
                        _ = try await store.record([left], now: StoreConformance.now)
                        return nil
                    } catch {
                        return error.code
                    }
                }
                return await group.next() ?? nil
            }
            #expect(refused == .deadlineExceeded)
            let outcomes = try await store.record([left], now: StoreConformance.now)
            #expect(outcomes.map(\.result) == [.createdCustomer])
        }
    }

    @Test(
        "N1, N2 two orders of one set give the same customers, and those of the store in memory",
        arguments: 0..<5
    )
    func anyOrder(_ run: Int) async throws {
        try await withFolder { first in
            try await withFolder { second in
                let stores = try [first, second].map { path in
                    try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
                }
                defer { for store in stores { store.close() } }
                try await StoreConformance.requireOrderIndependence(
                    seed: .fresh("order in SQLite, run \(run)"),
                    stores + [MemoryStore(codec: .proto, zones: .tzdata)]
                )
            }
        }
    }

    @Test("4.13 a customer has a phone if and only if a text of it still holds one")
    func hasContacts() async throws {
        var generator = InteractionGenerator(seed: .fresh("has contacts"), pages: [])
        generator.usersPerPage = 60
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: store)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.disturbed(generator.deliveries(events: 400))
            for batch in generator.batches(deliveries) {
                _ = try await store.record(batch, now: StoreConformance.now)
            }
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readOnly)
            #expect(try database.integer("SELECT count(*) FROM customers WHERE traits & 64") > 0)
            #expect(
                try database.integer("SELECT count(*) FROM customers WHERE NOT traits & 64") > 0
            )
            let wrong = try database.integer(
                """
                SELECT count(*) FROM customers AS c
                WHERE (traits & 64 <> 0) <> EXISTS (
                    SELECT 1 FROM contact_observations WHERE customer_id = c.id AND kind = 1)
                OR (traits & 128 <> 0) <> EXISTS (
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
            let before = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
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

            let after = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
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
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
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
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            expect(.unavailable) { () throws(StoreError) in
                _ = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            }
            store.close()
            try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata).close()
        }
    }

    @Test("files are their owner's alone")
    func modes() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            _ = try await StoreConformance.World(in: store)
            for file in try FileManager.default.contentsOfDirectory(atPath: path) {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(file)")
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
            }
        }
    }

    @Test("a deadline that has passed is answered as such, and one that has not does not matter")
    func deadline() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            let messages = (0..<1_000).map { world.message("k\($0)", from: "u\($0)") }
            _ = try await store.record(messages, now: StoreConformance.now)
            let filter = CustomerFilter(businessID: world.businesses[0].id)
            await expect(.deadlineExceeded) { () async throws(StoreError) in
                let passed = Deadline(monotonicNanoseconds: 0)
                _ = try await store.count(filter, deadline: passed)
            }
            #expect(try await store.count(filter, deadline: Self.later(60_000)).count == 1_000)
        }
    }

    @Test("a deadline that passes within a long query ends it, and the next one runs")
    func deadlineWithin() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let reader = try Reader(path: "\(path)/khach.db")
            var began = false
            expect(.deadlineExceeded) { () throws(StoreError) in
                _ = try reader.snapshot(deadline: Self.later(50)) { () throws(StoreError) in
                    began = true
                    // Seconds, when nothing ends it.
                    return try reader.database.integer(
                        """
                        WITH RECURSIVE n(i) AS (
                            SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000000
                        )
                        SELECT count(*) FROM n
                        """
                    )
                }
            }
            #expect(began, "the deadline was open when the query began")
            let one = try reader.snapshot(deadline: Self.later(60_000)) { () throws(StoreError) in
                try reader.database.integer("SELECT 1")
            }
            #expect(one == 1)
        }
    }

    static func later(_ milliseconds: UInt64) -> Deadline {
        Deadline(
            monotonicNanoseconds: DispatchTime.now().uptimeNanoseconds + milliseconds * 1_000_000
        )
    }

    @Test(
        "what shows that the writer works is a write on the disk, which is taken for a while",
        arguments: [(milliseconds: 0, isTaken: false), (milliseconds: 3_600_000, isTaken: true)]
    )
    func proof(milliseconds: Int, isTaken: Bool) async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            configuration.proofMillisecondsMax = milliseconds
            let store = try SQLiteStore.open(
                path: path,
                codec: .proto,
                zones: .tzdata,
                configuration: configuration
            )
            defer { store.close() }
            let before = store.logBytes
            try await store.checkWriter()
            let after = store.logBytes
            #expect(after > before, "a page in the log")
            for _ in 0..<10 { try await store.checkWriter() }
            #expect((store.logBytes == after) == isTaken)
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
                zones: .tzdata,
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
