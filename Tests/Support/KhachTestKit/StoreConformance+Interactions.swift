internal import KhachCore

extension StoreConformance {
    static let interactionClaims: [Claim] = [
        Claim(description: "a batch is answered item by item, in order") { store in
            let world = try await World(in: store)
            var foreign = world.message("x", from: "a")
            foreign.page.externalPageID = "nobody's"
            let outcomes = try await store.record(
                [
                    world.message("k1", from: "a", revision: 1), world.message("k2", from: "a"),
                    foreign, world.message("k1", from: "a", revision: 1),
                    world.message("k1", from: "a"), world.message("k3", from: nil),
                    world.message("k4", from: "page_0"), world.message("k1", from: "a", page: 1),
                ],
                now: now
            )
            try requireEqual(
                outcomes.map(\.result),
                [
                    .createdCustomer, .applied, .unknownPage, .duplicate, .staleRevision,
                    .unattributed, .unattributed, .createdCustomer,
                ]
            )
            try requireEqual(outcomes[0].customerID, outcomes[1].customerID)
            try requireEqual(outcomes[0].customerID, outcomes[3].customerID)
            try requireEqual(outcomes[5].customerID, nil)
            try require(outcomes[0].customerID != outcomes[7].customerID, "I4 one per page")
            try requireEqual(try await store.record([], now: now), [])
        },
        Claim(description: "I3 a late author gets what was stored without one") { store in
            let world = try await World(in: store)
            var nameless = world.message("k", from: nil, at: 5)
            nameless.nameHints = [
                Interaction.NameHint(
                    source: .event,
                    name: CustomerName(text: "Lê Chi", folded: "le chi")
                )
            ]
            _ = try await store.record([nameless], now: now)
            var named = nameless
            named.externalUserID = "a"
            named.nameHints = []
            let outcomes = try await store.record([named, named], now: now)
            try requireEqual(outcomes.map(\.result), [.createdCustomer, .duplicate])
            let id = outcomes[0].customerID ?? CustomerID(rawValue: 0)
            let record = try await store.customer(id)?.record ?? []
            let name = Array("Lê Chi".utf8)
            try require(
                record.indices.contains { record[$0...].starts(with: name) },
                "the name in the record"
            )
        },
        Claim(description: "N1, N2 the same deliveries again, in any order and cut, change nothing")
        {
            store in
            var generator = InteractionGenerator(seed: .fresh("conformance"), pages: [])
            let world = try await World(in: store)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.deliveries(events: 300)
            for batch in generator.batches(deliveries) {
                _ = try await store.record(batch, now: now)
            }
            var before: [[[UInt8]]] = []
            for business in world.businesses {
                before.append(try await replay(store, business.id).map(\.record))
            }
            let heads = try await heads(store, world)
            for batch in generator.batches(generator.disturbed(deliveries)) {
                _ = try await store.record(batch, now: now)
            }
            for (index, business) in world.businesses.enumerated() {
                try requireEqual(try await replay(store, business.id).map(\.record), before[index])
            }
            try requireEqual(try await Self.heads(store, world), heads)
        },
        Claim(description: "bytes change if and only if the sequence does, without a gap") {
            store in
            var generator = InteractionGenerator(seed: .fresh("sequences"), pages: [])
            let world = try await World(in: store)
            generator.pages = world.pages.map(\.key)
            let deliveries = generator.disturbed(generator.deliveries(events: 150))
            let business = world.businesses[0].id
            var known: [[UInt8]: CommitSequence] = [:]
            var head: CommitSequence = 3
            for batch in generator.batches(deliveries) {
                _ = try await store.record(batch, now: now)
                var found: [[UInt8]: CommitSequence] = [:]
                for change in try await replay(store, business) {
                    try requireEqual(found[change.record], nil)
                    found[change.record] = change.entry.seq
                }
                let new = found.filter { known[$0.key] != $0.value }
                try require(
                    new.keys.allSatisfy { known[$0] == nil || known.isEmpty },
                    "bytes moved"
                )
                if !known.isEmpty {
                    try requireEqual(
                        new.values.sorted(),
                        Array((head + 1)..<(head + 1 + UInt64(new.count)))
                    )
                }
                head = found.values.max() ?? head
                known = found
            }
        },
    ]

    private static func heads(
        _ store: any CustomerStore,
        _ world: World
    ) async throws -> [CommitSequence] {
        var heads: [CommitSequence] = []
        for business in world.businesses {
            let filter = CustomerFilter(businessID: business.id)
            heads.append(try await store.count(filter, deadline: nil).head)
        }
        return heads
    }
}
