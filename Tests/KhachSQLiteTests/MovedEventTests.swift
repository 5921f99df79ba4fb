internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// An event that a later delivery says to be of an earlier day (N2, N3).
@Suite("Events that move to another day", .timeLimit(.minutes(15)))
struct MovedEventTests {
    private static let day: Int64 = 86_400_000
    private static let now = Instant(
        milliseconds: InteractionGenerator.epoch.milliseconds + 9 * day
    )

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind = Interaction.Kind.message
        var direction = Interaction.Direction.inbound
        /// Days and posts of the events, the one that moves first.
        var events: [(day: Int64, post: String)]
        var movesTo: Int64
        /// Days since that of the first, as "m" or "c" for what was written, "M" or "C" for a
        /// conversation that began.
        var expected: [String]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a message alone on its day",
            events: [(3, ""), (1, "")],
            movesTo: 2,
            expected: ["1 mM", "2 m"]
        ),
        Case(
            testDescription: "a message with another of its day",
            events: [(3, ""), (1, ""), (3, "")],
            movesTo: 2,
            expected: ["1 mM", "2 m", "3 m"]
        ),
        Case(
            testDescription: "the first message",
            events: [(3, ""), (4, ""), (3, "")],
            movesTo: 2,
            expected: ["2 mM", "3 m", "4 m"]
        ),
        Case(
            testDescription: "a message of the page",
            direction: .outbound,
            events: [(3, ""), (4, "")],
            movesTo: 2,
            expected: ["2 M"]
        ),
        Case(
            testDescription: "a comment, the first of its post",
            kind: .comment,
            events: [(3, "p"), (3, "q"), (4, "p")],
            movesTo: 1,
            expected: ["1 cC", "3 cC", "4 c"]
        ),
        Case(
            testDescription: "a comment that becomes the first of its post",
            kind: .comment,
            events: [(4, "p"), (3, "p"), (4, "q")],
            movesTo: 2,
            expected: ["2 cC", "3 c", "4 cC"]
        ),
        Case(
            testDescription: "a comment that stays behind another",
            kind: .comment,
            events: [(4, "p"), (1, "p")],
            movesTo: 2,
            expected: ["1 cC", "2 c"]
        ),
    ]

    @Test("take with them what they alone gave a day, and nothing else is read", arguments: cases)
    func move(_ example: Case) async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: store)
            func event(_ index: Int, _ day: Int64, _ post: String) -> Interaction {
                var event = world.message("k\(index)", from: "u", at: day * Self.day)
                event.kind = example.kind
                event.direction = example.direction
                event.postID = post
                return event
            }
            // What a damaged row says cannot be read, and is not: it is of none of the days.
            var bad = world.message("bad", from: "u", at: 8 * Self.day)
            bad.direction = .outbound
            let events = [bad] + example.events.enumerated().map { event($0, $1.day, $1.post) }
            _ = try await store.record(events, now: Self.now)
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readWrite)
            try database.execute("UPDATE interactions SET direction = 9 WHERE event_key = 'bad'")
            #expect(database.changes == 1)

            let again = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            var moved = event(0, example.movesTo, example.events[0].post)
            moved.operation = .edit
            moved.revision = 1
            let outcomes = try await again.record([moved], now: Self.now)
            again.close()
            #expect(outcomes.map(\.result) == [.applied])
            #expect(try Self.days(in: path, of: world.businesses[0].id) == example.expected)
        }
    }

    /// The days of the one customer of a folder's store.
    private static func days(in path: String, of business: BusinessID) throws -> [String] {
        let database = try Database(path: "\(path)/khach.db", access: .readOnly)
        let select = try Statement(database, "SELECT record, facts FROM customers")
        #expect(try select.step())
        let (record, facts) = (Array(select.bytes(0)), Array(select.bytes(1)))
        select.reset()
        let customer = try #require(RecordCodec.proto.decodeCustomer(record, facts, business))
        let zone = try #require(ZoneRules.tzdata.calendar("Asia/Ho_Chi_Minh"))
        let first = zone.day(InteractionGenerator.epoch)
        return customer.activity.days.filter { $0.day < first + 8 }.map { day in
            let signs =
                (day.hasMessaged ? "m" : "") + (day.hasCommented ? "c" : "")
                + (day.beganMessages ? "M" : "")
                + String(repeating: "C", count: Int(day.beganComments))
            return "\(day.day - first) \(signs)"
        }
    }

    @Test("as often as they may, leave what a look at every event gives", arguments: 0..<4)
    func agree(_ run: Int) async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            var generator = InteractionGenerator(
                seed: .fresh("moved events, run \(run)"),
                pages: StoreConformance.World.pageKeys
            )
            generator.posts = ["p", "q", "r"]
            generator.stepMilliseconds = 4 * Self.day / 1_000
            let deliveries = generator.deliveries(events: 150)
            let batches = generator.batches(generator.disturbed(deliveries))
            var states: [[[UInt8]]] = []
            for store in [store, MemoryStore()] as [any CustomerStore] {
                _ = try await StoreConformance.World(in: store)
                var ids: Set<CustomerID> = []
                for batch in batches {
                    let outcomes = try await store.record(batch, now: Self.now)
                    ids.formUnion(outcomes.compactMap(\.customerID))
                }
                var state: [[UInt8]] = []
                for id in ids {
                    guard let record = try await store.customer(id)?.record else { continue }

                    state.append(RecordBytes.without(fields: [1, 2, 9], record))
                }
                states.append(state.sorted { $0.lexicographicallyPrecedes($1) })
            }
            #expect(states[0] == states[1])
            #expect(states[0].count > 6)
        }
    }
}
