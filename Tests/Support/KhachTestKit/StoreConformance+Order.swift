package import KhachCore

extension StoreConformance {
    /// Whose customer it is, in words that every store has in common.
    package struct CustomerKey: Hashable, Sendable {
        package var page: PageKey
        package var externalUserID: [UInt8]
    }

    /// The customers of a world after a set of deliveries, by key, without what a store chooses
    /// itself: identifiers and the time of recording.
    package static func customers(
        _ store: any CustomerStore,
        after deliveries: [Interaction],
        _ generator: inout InteractionGenerator
    ) async throws -> [CustomerKey: [UInt8]] {
        let world = try await World(in: store)
        for batch in generator.batches(generator.disturbed(deliveries)) {
            _ = try await store.record(batch, now: now)
        }
        var customers: [CustomerKey: [UInt8]] = [:]
        for business in world.businesses {
            for change in try await self.replay(store, business.id, rowsMax: 50)
            where change.entry.kind == .customer {
                let pageID = RecordBytes.text(ofField: 2, change.record)
                guard let page = world.pages.first(where: { Array($0.id.text.utf8) == pageID })
                else { throw Broken(description: "a page of the world expected, \(pageID) found") }

                let key = CustomerKey(
                    page: page.key,
                    externalUserID: RecordBytes.text(ofField: 4, change.record)
                )
                try self.require(customers[key] == nil, "I4 one customer for \(key)")
                customers[key] = RecordBytes.without(fields: [1, 2, 9], change.record)
            }
        }
        return customers
    }

    /// N1, N2: every shuffle, repetition and cut of one set gives every new store the same state.
    package static func requireOrderIndependence(
        seed: Seed,
        _ stores: [any CustomerStore]
    ) async throws {
        var generator = InteractionGenerator(seed: seed, pages: World.pageKeys)
        let deliveries = generator.deliveries(events: 300)
        var first: [CustomerKey: [UInt8]]?
        for store in stores {
            let found = try await self.customers(store, after: deliveries, &generator)
            try self.require(!found.isEmpty, "customers")
            let expected = first ?? found
            first = expected
            try self.requireEqual(Set(found.keys), Set(expected.keys))
            for (key, record) in expected { try self.requireEqual(found[key], record) }
        }
    }
}
