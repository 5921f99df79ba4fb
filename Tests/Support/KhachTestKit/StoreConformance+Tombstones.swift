internal import KhachCore

/// Deletions that are told one by one, and those that are forgotten (sync.md C).
extension StoreConformance {
    static let tombstoneClaims: [Claim] = [
        Claim(
            description: "C3: who stood at the horizon was told of all; who stood before is told so"
        ) { store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0].id
            let gone = try await ids(store, business)
            let head = try await page(store, business, nil, rowsMax: 1_000).head
            var seqs: [CommitSequence] = []
            for id in gone.prefix(3) {
                seqs.append(try await store.erase(id, by: author, now: now))
            }
            let told = try await page(store, business, .delta(after: head))
            try requireEqual(told.entries.map(\.seq), seqs)
            try requireEqual(told.tombstoneHorizon, 0)

            // None is older than itself.
            try requireEqual(try await store.compactTombstones(before: now, rowsMax: 9), 0)
            try requireEqual(try await store.compactTombstones(before: later, rowsMax: 2), 2)
            for (stood, horizon, left) in [
                (head, seqs[1], [seqs[2]]), (seqs[1] - 1, seqs[1], [seqs[2]]),
                (seqs[1], 0, [seqs[2]]), (seqs[2], 0, []),
            ] {
                let found = try await page(store, business, .delta(after: stood))
                try requireEqual(found.tombstoneHorizon, horizon)
                try requireEqual(found.entries.map(\.seq), left)
                try requireEqual(found.next, .delta(after: found.head))
            }
            try requireEqual(try await page(store, business, nil).tombstoneHorizon, 0)
        },
        Claim(description: "C2: a first pass and a delta that are under way are told as well") {
            store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0].id
            let gone = try await ids(store, business)
            let first = try await page(store, business, nil, rowsMax: 6)
            let delta = try await page(store, business, .delta(after: 0), rowsMax: 2)
            let erased = try await store.erase(gone[0], by: author, now: now)
            try requireEqual(try await store.compactTombstones(before: later, rowsMax: 9), 1)
            for start in [first.next, delta.next] {
                var (position, horizons) = (start, Set<CommitSequence>())
                while position.covered < erased {
                    let next = try await page(store, business, position, rowsMax: 50)
                    // Until the reader is beyond it, every page says so.
                    horizons.insert(next.tombstoneHorizon)
                    position = next.next
                }
                try requireEqual(horizons, [erased])
                try requireEqual(try await page(store, business, position).tombstoneHorizon, 0)
            }
        },
        Claim(description: "C4: the horizon is of its business, bounded, and never lowered") {
            store in
            let world = try await recordedWorld(store, events: 150)
            let (mine, theirs) = (world.businesses[0].id, world.businesses[1].id)
            let gone = try await ids(store, mine)
            let theirHead = try await page(store, theirs, nil, rowsMax: 1_000).head
            // The clock goes back an hour: the second is no older than the first.
            let early = Instant(milliseconds: now.milliseconds - 3_600_000)
            let seqs = [
                try await store.erase(gone[0], by: author, now: now),
                try await store.erase(gone[1], by: author, now: early),
                try await store.erase(gone[2], by: author, now: later),
            ]
            try requireEqual(try await store.compactTombstones(before: now, rowsMax: 9), 0)
            var horizons: [CommitSequence] = []
            for before in [later, later, later, much] {
                _ = try await store.compactTombstones(before: before, rowsMax: 1)
                horizons.append(try await page(store, mine, .delta(after: 0)).tombstoneHorizon)
            }
            try requireEqual(horizons, [seqs[0], seqs[1], seqs[1], seqs[2]])
            let other = try await page(store, theirs, .delta(after: 0))
            try requireEqual(other.tombstoneHorizon, 0)
            try requireEqual(other.head, theirHead)
            try requireEqual(try await store.compactTombstones(before: much, rowsMax: 9), 0)
            try requireEqual(try await page(store, mine, nil, rowsMax: 1_000).head, seqs[2])
        },
        Claim(description: "C5: who came and went between two pulls is gone, and no ghost") {
            store in
            let world = try await recordedWorld(store, events: 60)
            let business = world.businesses[0].id
            let known = try await ids(store, business)
            let head = try await page(store, business, nil, rowsMax: 1_000).head
            let came = try await store.record([world.message("new", from: "new")], now: now)
            let new = try requireValue(came[0].customerID)
            let seqs = [
                try await store.erase(new, by: author, now: now),
                try await store.erase(known[0], by: author, now: now),
            ]
            let told = try await page(store, business, .delta(after: head))
            try requireEqual(told.entries.map(\.kind), [.tombstone, .tombstone])
            try requireEqual(told.entries.map(\.seq), seqs)
            let left = try await ids(store, business)
            try requireEqual(left, Array(known.dropFirst()))
        },
        Claim(description: "C6: of a link, what is forgotten redirects all the same") { store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0].id
            let pair = try await samePage(store, business)
            let answer = try await store.link(
                pair[0],
                with: .customer(pair[1]),
                by: author,
                now: now
            )
            guard case .linked(let stored, let gone?) = answer else {
                throw Broken(description: "a link expected, \(answer) found")
            }
            try requireEqual(try await store.compactTombstones(before: later, rowsMax: 9), 1)
            try requireEqual(try await store.customer(gone)?.record, stored.record)
            let told = try await page(store, business, .delta(after: stored.seq - 1))
            try requireEqual(told.entries.map(\.kind), [.customer])
        },
        Claim(description: "C8: a new reader is given who is there, whatever came and went") {
            store in
            let world = try await recordedWorld(store, events: 40)
            let business = world.businesses[0].id
            let known = try await page(store, business, nil, rowsMax: 1_000).entries
            for number in 0..<200 {
                let came = try await store.record(
                    [world.message("m\(number)", from: "u\(number)")],
                    now: now
                )
                _ = try await store.erase(
                    try requireValue(came[0].customerID),
                    by: author,
                    now: now
                )
                if number == 100 {
                    _ = try await store.compactTombstones(before: later, rowsMax: 1_000)
                }
            }
            let all = try await page(store, business, nil, rowsMax: 1_000)
            try requireEqual(all.hasMore, false)
            try requireEqual(all.tombstoneHorizon, 0)
            try requireEqual(all.entries.map(\.seq), known.map(\.seq))
            try requireEqual(try await page(store, business, all.next).entries, [])
        },
        Claim(description: "an erasure whose tombstone is forgotten is of nobody") { store in
            let world = try await recordedWorld(store, events: 40)
            let gone = try await ids(store, world.businesses[0].id)[0]
            let seq = try await store.erase(gone, by: author, now: now)
            try requireEqual(try await store.erase(gone, by: author, now: now), seq)
            try requireEqual(try await store.compactTombstones(before: later, rowsMax: 9), 1)
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.erase(gone, by: author, now: now)
            }
        },
    ]

    private static let later = Instant(milliseconds: now.milliseconds + 1)
    private static let much = Instant(milliseconds: now.milliseconds + 2)

    private static func page(
        _ store: any CustomerStore,
        _ business: BusinessID,
        _ position: FeedPosition?,
        rowsMax: Int = 100
    ) async throws -> ChangePage {
        let query = ChangeQuery(
            businessID: business,
            position: position,
            rowsMax: rowsMax,
            bytesMax: 1 << 20
        )
        return try await store.changes(query, deadline: nil)
    }

    static func requireValue<Value>(
        _ value: Value?,
        line: Int = #line
    ) throws -> Value {
        guard let value else { throw Broken(description: "a value expected (line \(line))") }

        return value
    }
}
