internal import KhachCore

extension StoreConformance {
    static let directoryClaims: [Claim] = [
        Claim(description: "a new store is empty and has its keys") { store in
            try requireEqual(store.generation.count, 16)
            try requireEqual(store.sealingKey.count, 32)
            try requireEqual(try await store.businesses(after: nil, rowsMax: 10), [])
        },
        Claim(description: "businesses and pages are listed by id, after an id") { store in
            let world = try await World(in: store)
            let (first, second) = (world.businesses[0], world.businesses[1])
            try requireEqual(try await store.business(first.id), first)
            try requireEqual(try await store.business(BusinessID(rawValue: 1)), nil)
            try requireEqual(
                try await store.businesses(after: nil, rowsMax: 10),
                world.businesses
            )
            try requireEqual(try await store.businesses(after: nil, rowsMax: 1), [first])
            try requireEqual(try await store.businesses(after: first.id, rowsMax: 9), [second])
            try requireEqual(
                try await store.pages(of: first.id, after: nil, rowsMax: 10),
                Array(world.pages.prefix(2))
            )
            try requireEqual(
                try await store.pages(of: first.id, after: world.pages[0].id, rowsMax: 10),
                [world.pages[1]]
            )
        },
        Claim(description: "a page needs its business, and a key of its own") { store in
            let world = try await World(in: store)
            let used = world.pages[0].key
            try await requireError(.notFound) { () throws(StoreError) in
                let page = NewPage(businessID: BusinessID(rawValue: 5), key: used, name: "")
                return try await store.createPage(page, by: author, now: now)
            }
            try await requireError(.alreadyExists) { () throws(StoreError) in
                let page = NewPage(businessID: world.businesses[1].id, key: used, name: "")
                return try await store.createPage(page, by: author, now: now)
            }
            let other = PageKey(channel: .lazada, externalPageID: used.externalPageID)
            let page = NewPage(businessID: world.businesses[1].id, key: other, name: "")
            try requireEqual(try await store.createPage(page, by: author, now: now).key, other)
        },
        Claim(description: "I1 ids that differ only in their bytes are different") { store in
            let world = try await World(in: store)
            let outcomes = try await store.record(
                [
                    world.message("k1", from: "\u{e9}"), world.message("k2", from: "e\u{301}"),
                    world.message("\u{e9}", from: "a"), world.message("e\u{301}", from: "a"),
                ],
                now: now
            )
            try requireEqual(
                outcomes.map(\.result),
                [.createdCustomer, .createdCustomer, .createdCustomer, .applied]
            )
            for name in ["\u{e9}", "e\u{301}"] {
                let page = NewPage(
                    businessID: world.businesses[0].id,
                    key: PageKey(channel: .other, externalPageID: name),
                    name: name
                )
                _ = try await store.createPage(page, by: author, now: now)
            }
        },
    ]
}
