internal import CKhachDigest
internal import KhachCore

extension StoreConformance {
    static let digestClaims: [Claim] = [
        Claim(description: "digests are the sums over what the feed gives") { store in
            let world = try await recordedWorld(store, events: 200)
            for business in world.businesses {
                try await requireDigests(store, business.id)
            }
        },
        Claim(description: "digests follow edits, links and erasures") { store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0].id
            let before = try await store.digests(of: business, pages: nil, deadline: nil)
            let ids = try await samePage(store, business)
            let save = HandSave(field: .address, text: "12 Hàng Bạc", editRevision: 0)
            _ = try await store.edit(ids[0], .save([save]), by: author, now: now)
            try await requireDigests(store, business)
            _ = try await store.link(ids[0], with: .customer(ids[1]), by: author, now: now)
            try await requireDigests(store, business)
            _ = try await store.erase(ids[2], by: author, now: now)
            try await requireDigests(store, business)
            let after = try await store.digests(of: business, pages: nil, deadline: nil)
            func count(_ state: DigestState) -> UInt64 {
                state.pages.reduce(0) { $0 + $1.sum.count }
            }
            try requireEqual(count(after), count(before) - 2)
            try requireEqual(after.directory, before.directory)
        },
        Claim(description: "revisions are a page's customers of some slots, page by page") {
            store in
            let world = try await recordedWorld(store, events: 200)
            let (business, page) = (world.businesses[0].id, world.pages[0].id)
            let whole = try await store.digests(of: business, pages: [page], deadline: nil).pages[0]
            let even = Set((0...UInt8.max).filter { $0 % 2 == 0 })
            for slots in [Set(0...UInt8.max), even] {
                for (rowsMax, scanMax) in [(1_000, 1_000), (2, 1_000), (1_000, 3)] {
                    let found = try await revisions(
                        store,
                        RevisionQuery(
                            businessID: business,
                            pageID: page,
                            slots: slots,
                            after: nil,
                            rowsMax: rowsMax,
                            scanMax: scanMax
                        )
                    )
                    let expected = slots.map { whole.slots[Int($0)] }.reduce(into: .zero, +=)
                    try requireEqual(found.map(\.digest).reduce(into: .zero, +=), expected)
                    try requireEqual(found.map(\.id), found.map(\.id).sorted())
                }
            }
        },
        Claim(
            description: "records come by id as the feed has them, and end before they are too many"
        ) {
            store in
            let world = try await recordedWorld(store, events: 120)
            let business = world.businesses[0].id
            let mine = try await ids(store, business)
            let theirs = try await ids(store, world.businesses[1].id)
            let asked: [EntityID] = [
                .customer(mine[1]), .customer(theirs[0]), .page(world.pages[0].id),
                .page(world.pages[2].id), .business(business), .business(world.businesses[1].id),
                .customer(mine[0]),
            ]
            let batch = try await store.records(
                of: business,
                asked,
                bytesMax: 1 << 20,
                deadline: nil
            )
            try requireEqual(batch.idsDone, asked.count)
            try requireEqual(batch.entries.map(\.kind), [.customer, .page, .business, .customer])
            let stored = try await store.customer(mine[1])
            try requireEqual(Array(batch.bytes[batch.entries[0].range]), stored?.record ?? [])
            try requireEqual(batch.entries[0].seq, stored?.seq ?? 0)
            let little = try await store.records(of: business, asked, bytesMax: 1, deadline: nil)
            try requireEqual(little.entries.count, 1)
            try requireEqual(little.idsDone, 2)
        },
        Claim(description: "digests are of the business's own pages") { store in
            let world = try await recordedWorld(store, events: 20)
            let (business, foreign) = (world.businesses[0].id, world.pages[2].id)
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.digests(of: business, pages: [foreign], deadline: nil)
            }
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.revisions(
                    RevisionQuery(businessID: business, pageID: foreign, slots: [0], after: nil),
                    deadline: nil
                )
            }
            let absent = BusinessID(rawValue: 1)
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.digests(of: absent, pages: nil, deadline: nil)
            }
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.records(of: absent, [], bytesMax: 1, deadline: nil)
            }
        },
    ]

    /// Requires that a store's digests are the sums over what its feed gives.
    static func requireDigests(
        _ store: any CustomerStore,
        _ business: BusinessID
    ) async throws {
        let state = try await store.digests(of: business, pages: nil, deadline: nil)
        var directory = RecordDigest.zero
        var customers = RecordDigest.zero
        var position: FeedPosition?
        while true {
            let query = ChangeQuery(
                businessID: business,
                position: position,
                rowsMax: 100,
                bytesMax: 1 << 20
            )
            let page = try await store.changes(query, deadline: nil)
            for entry in page.entries {
                let record = Array(page.bytes[entry.range])
                let id = try requireID(record)
                let row = khach_digest_row(id, entry.seq, record, record.count)
                let digest = RecordDigest(low: row.low, high: row.high, count: row.count)
                if entry.kind == .customer { customers += digest } else { directory += digest }
            }
            position = page.next
            guard page.hasMore else { break }
        }
        try requireEqual(state.directory, directory)
        try requireEqual(state.pages.map(\.sum).reduce(into: .zero, +=), customers)
        try requireEqual(state.pages.map(\.page), state.pages.map(\.page).sorted())
    }

    /// The id of a record of any kind: its first field.
    private static func requireID(_ record: [UInt8]) throws -> Int64 {
        let text = String(decoding: record.dropFirst(2).prefix(14), as: UTF8.self)
        let id =
            BusinessID(text: text)?.rawValue ?? PageID(text: text)?.rawValue
            ?? CustomerID(text: text)?.rawValue
        guard let id else { throw Broken(description: "an id expected, found \(text)") }

        return id
    }

    private static func revisions(
        _ store: any CustomerStore,
        _ query: RevisionQuery
    ) async throws -> [RevisionPage.Revision] {
        var (query, found) = (query, [RevisionPage.Revision]())
        while true {
            let page = try await store.revisions(query, deadline: nil)
            try require(page.revisions.count <= query.rowsMax, "at most rowsMax revisions")
            found += page.revisions
            guard let next = page.next else { return found }

            query.after = next
        }
    }

    /// Three customers of one page.
    static func samePage(
        _ store: any CustomerStore,
        _ business: BusinessID
    ) async throws -> [CustomerID] {
        let state = try await store.digests(of: business, pages: nil, deadline: nil)
        for page in state.pages where page.sum.count >= 3 {
            let query = RevisionQuery(
                businessID: business,
                pageID: page.page,
                slots: Set(0...UInt8.max),
                after: nil
            )
            return try await revisions(store, query).prefix(3).map(\.id)
        }
        throw Broken(description: "a page with three customers expected, none found")
    }
}
