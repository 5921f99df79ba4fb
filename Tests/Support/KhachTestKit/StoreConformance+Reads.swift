internal import KhachCore
internal import KhachService

extension StoreConformance {
    static let readClaims: [Claim] = [
        Claim(description: "A4, O1 a replay from 0 is the list of records, to its last page") {
            store in
            let world = try await recordedWorld(store, events: 200)
            for business in world.businesses {
                let changes = try await replay(store, business.id)
                let seqs = changes.map(\.entry.seq)
                try requireEqual(seqs, Array(Set(seqs)).sorted())
                let replayed = changes.filter { $0.entry.kind == .customer }.map(\.record)
                let listed = try await list(store, CustomerFilter(businessID: business.id))
                try requireEqual(Set(replayed), Set(listed))
                try requireEqual(replayed.count, listed.count)
                try requireEqual(changes.first?.entry.kind, .business)
                try requireEqual(
                    try await replay(store, business.id, bytesMax: 1).count,
                    changes.count
                )
            }
            try await requireError(.notFound) { () throws(StoreError) in
                let query = ChangeQuery(
                    businessID: BusinessID(rawValue: 1),
                    position: nil,
                    rowsMax: 1,
                    bytesMax: 1
                )
                return try await store.changes(query, deadline: nil)
            }
        },
        Claim(description: "E2 a first pass cut anywhere, with writes meanwhile, ends at the head")
        {
            store in
            let world = try await recordedWorld(store, events: 40)
            for rowsMax in [1, 3, 1_000] {
                try await followFirstPass(store, world, rowsMax: rowsMax)
            }
        },
        Claim(description: "A9 a position ahead of the head finds nothing") { store in
            let world = try await recordedWorld(store, events: 5)
            let query = ChangeQuery(
                businessID: world.businesses[0].id,
                position: .delta(after: .max),
                rowsMax: 5,
                bytesMax: 99
            )
            try requireEqual(try await store.changes(query, deadline: nil).entries, [])
        },
        Claim(description: "S13 lists are newest first, cut anywhere, also within a millisecond") {
            store in
            let world = try await World(in: store)
            let messages = (0..<40).map { index in
                world.message(
                    "k\(index)",
                    from: "u\(index)",
                    page: index % 2,
                    at: Int64(index / 10)
                )
            }
            let outcomes = try await store.record(messages, now: now)
            let order = zip(messages, outcomes).sorted { left, right in
                let ids = (left.1.customerID?.rawValue ?? 0, right.1.customerID?.rawValue ?? 0)
                return left.0.occurredAt == right.0.occurredAt
                    ? ids.0 > ids.1 : left.0.occurredAt > right.0.occurredAt
            }
            var expected: [[UInt8]] = []
            for (_, outcome) in order {
                guard let id = outcome.customerID, let stored = try await store.customer(id) else {
                    throw Broken(description: "a customer expected, none found")
                }
                expected.append(stored.record)
            }
            let pages = [world.pages[0].id, world.pages[1].id]
            for rowsMax in [1, 3, 10, 39, 40, 41] {
                for pages in [[], pages] {
                    let filter = CustomerFilter(businessID: world.businesses[0].id, pages: pages)
                    try requireEqual(try await list(store, filter, rowsMax: rowsMax), expected)
                }
            }
            let filter = CustomerFilter(
                businessID: world.businesses[0].id,
                pages: [pages[0]],
                createdFrom: messages[10].occurredAt,
                createdBefore: messages[30].occurredAt
            )
            try requireEqual(try await list(store, filter).count, 10)
            try requireEqual(try await store.count(filter, deadline: nil).count, 10)
        },
        Claim(description: "S14 a page of another business is not found") { store in
            let world = try await recordedWorld(store, events: 60)
            let filter = CustomerFilter(
                businessID: world.businesses[0].id,
                pages: [world.pages[2].id]
            )
            try await requireError(.notFound) { () async throws(StoreError) in
                try await store.customers(
                    CustomerQuery(filter: filter, rowsMax: 1),
                    deadline: nil
                )
            }
            try await requireError(.notFound) { () async throws(StoreError) in
                try await store.count(filter, deadline: nil)
            }
            let nobodys = CustomerFilter(businessID: BusinessID(rawValue: 9))
            try requireEqual(try await list(store, nobodys), [])
            try requireEqual(
                try await store.count(nobodys, deadline: nil),
                CustomerCount(count: 0, isCapped: false, head: 0)
            )
        },
        Claim(description: "a customer is read by id, with its business and sequence") { store in
            let world = try await recordedWorld(store, events: 30)
            let business = world.businesses[1].id
            let outcome = try await store.record(
                [world.message("new", from: "new", page: 2)],
                now: now
            )
            let id = outcome[0].customerID ?? CustomerID(rawValue: 0)
            let stored = try await store.customer(id)
            let last = try await replay(store, business).last
            try requireEqual(
                stored,
                StoredCustomer(
                    businessID: business,
                    seq: last?.entry.seq ?? 0,
                    record: last?.record ?? []
                )
            )
            try requireEqual(try (store as? any PointReads)?.customerInPlace(id), stored)
            try requireEqual(try await store.customer(CustomerID(rawValue: 7)), nil)
        },
    ]

    static func recordedWorld(
        _ store: any CustomerStore,
        events: Int
    ) async throws -> World {
        let world = try await World(in: store)
        var generator = InteractionGenerator(
            seed: .fresh("reads"),
            pages: world.pages.map(\.key)
        )
        for batch in generator.batches(generator.deliveries(events: events)) {
            _ = try await store.record(batch, now: now)
        }
        return world
    }

    /// Follows the feed from nothing as a cache does, with a write between any two pages: one that
    /// changes a customer who may have been given, and one that makes a customer.
    private static func followFirstPass(
        _ store: any CustomerStore,
        _ world: World,
        rowsMax: Int
    ) async throws {
        let business = world.businesses[0].id
        var cache: [[UInt8]: [UInt8]] = [:]
        var position: FeedPosition?
        for turn in 0..<1_000 {
            let query = ChangeQuery(
                businessID: business,
                position: position,
                rowsMax: rowsMax,
                bytesMax: 1 << 20
            )
            let page = try await store.changes(query, deadline: nil)
            for entry in page.entries where entry.kind == .customer {
                let record = Array(page.bytes[entry.range])
                cache[RecordBytes.values(of: 1, record).first ?? []] = record
            }
            guard page.hasMore else {
                try requireEqual(page.next, .delta(after: page.head))
                let listed = try await list(
                    store,
                    CustomerFilter(businessID: business),
                    rowsMax: 1_000
                )
                try requireEqual(Set(cache.values), Set(listed))
                try requireEqual(cache.count, listed.count)
                return
            }
            position = page.next
            guard turn < 8 else { continue }

            let writes = [
                world.message("c\(rowsMax)-\(turn)", from: "same", at: Int64(turn)),
                world.message("n\(rowsMax)-\(turn)", from: "new\(rowsMax)-\(turn)"),
            ]
            _ = try await store.record(writes, now: now)
        }
        throw Broken(description: "an end of the first pass expected, none found")
    }
}
