internal import KhachCore

extension StoreConformance {
    static let snapshotClaims: [Claim] = [
        Claim(description: "a snapshot shows one state, whatever is written meanwhile") { store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0]
            let snapshot = try await store.openSnapshot(of: business.id)
            let filter = CustomerFilter(businessID: business.id)
            let before = try await list(store, filter)
            let first = try await list(snapshot, filter)
            try requireEqual(first, before)

            _ = try await store.record(
                (0..<5).map { world.message("later\($0)", from: "later\($0)", page: 0, at: 9) },
                now: now
            )
            _ = try await store.createPage(
                NewPage(
                    businessID: business.id,
                    key: PageKey(channel: .lazada, externalPageID: "later"),
                    name: "Later"
                ),
                by: author,
                now: now
            )
            try requireEqual(try await list(snapshot, filter), before)
            try requireEqual(try await snapshot.count(filter, deadline: nil), before.count)
            try requireEqual(
                try await snapshot.pages(after: nil, rowsMax: 100).map(\.name).contains("Later"),
                false
            )
            try require(try await list(store, filter).count > before.count, "the write shows")
            let later = try await store.openSnapshot(of: business.id)
            try require(later.head > snapshot.head, "a later head")
            later.close()
            snapshot.close()
        },
        Claim(description: "a snapshot gives customers by id, in their order, of its business") {
            store in
            let world = try await recordedWorld(store, events: 120)
            let snapshot = try await store.openSnapshot(of: world.businesses[0].id)
            defer { snapshot.close() }
            let mine = try await ids(store, world.businesses[0].id)
            let theirs = try await ids(store, world.businesses[1].id)
            try require(mine.count > 1 && !theirs.isEmpty, "customers of both")
            let asked = [mine[1], theirs[0], mine[0], CustomerID(rawValue: 1), mine[1]]
            let found = try await snapshot.customers(asked)
            try requireEqual(found.map { $0 != nil }, [true, false, true, false, true])
            try requireEqual(found[0], found[4])
            for (id, customer) in zip(asked, found) where customer != nil {
                try requireEqual(customer, try await store.customer(id))
            }
        },
        Claim(description: "a snapshot needs a business, and ends when it is closed") { store in
            let world = try await World(in: store)
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.openSnapshot(of: BusinessID(rawValue: 1))
            }
            let business = world.businesses[0].id
            let snapshot = try await store.openSnapshot(of: business)
            try await requireError(.notFound) { () throws(StoreError) in
                let filter = CustomerFilter(businessID: business, pages: [PageID(rawValue: 1)])
                return try await snapshot.count(filter, deadline: nil)
            }
            snapshot.close()
            snapshot.close()
            try await requireError(.unavailable) { () throws(StoreError) in
                try await snapshot.count(CustomerFilter(businessID: business), deadline: nil)
            }
        },
    ]

    private static func list(
        _ snapshot: any CustomerSnapshot,
        _ filter: CustomerFilter
    ) async throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        var query = CustomerQuery(filter: filter, rowsMax: 3)
        while true {
            let page = try await snapshot.customers(query, deadline: nil)
            records += page.ranges.map { Array(page.bytes[$0]) }
            guard let next = page.next else { return records }

            query.after = next
        }
    }

    /// Customers of a business, by the ids that its feed names.
    static func ids(
        _ store: any CustomerStore,
        _ business: BusinessID
    ) async throws -> [CustomerID] {
        var ids: [CustomerID] = []
        var position = FeedPosition.snapshot(after: .start, startedAt: 0)
        while case .snapshot(let after, _) = position {
            if after.kind == .customer { ids.append(CustomerID(rawValue: after.id)) }
            let query = ChangeQuery(
                businessID: business,
                position: position,
                rowsMax: 1,
                bytesMax: 1 << 20
            )
            position = try await store.changes(query, deadline: nil).next
        }
        return ids
    }
}
