internal import KhachCore

/// What is given of some pages of a business (sync.md D).
extension StoreConformance {
    static let scopeClaims: [Claim] = [
        Claim(description: "D4: the feed of some pages has nothing of others, in either phase") {
            store in
            let world = try await recordedWorld(store, events: 200)
            let business = world.businesses[0].id
            let before = try await customers(store, business)
            let head = try await scopedPage(store, business, nil, nil).head
            for id in before.prefix(4) {
                _ = try await store.erase(id.customer, by: author, now: now)
            }
            for page in world.pages.prefix(2).map(\.id) {
                for (rowsMax, skipsMax) in [(1_000, 1_000), (3, 1_000), (1_000, 2)] {
                    let all = try await follow(store, business, nil, [page], rowsMax, skipsMax)
                    let ids = all.compactMap { $0.kind == .customer ? $0.id : nil }
                    let expected = before.dropFirst(4).filter { $0.page == page }
                    try requireEqual(ids, expected.map(\.customer.text))
                    try requireEqual(
                        all.filter { $0.kind != .customer }.map(\.id),
                        [business.text, page.text]
                    )
                    let position = FeedPosition.delta(after: head)
                    let gone = try await follow(
                        store,
                        business,
                        position,
                        [page],
                        rowsMax,
                        skipsMax
                    )
                    let mine = before.prefix(4).filter { $0.page == page }
                    try requireEqual(gone.map(\.kind), mine.map { _ in .tombstone })
                    try requireEqual(gone.map(\.id), mine.map(\.customer.text))
                }
            }
        },
        Claim(description: "A5: what is passed over is bounded, and the cursor moves over it") {
            store in
            let world = try await recordedWorld(store, events: 200)
            let (business, none) = (world.businesses[0].id, PageID(rawValue: 1))
            for start in [nil, FeedPosition.delta(after: 0)] {
                var (position, pagesCount) = (start, 0)
                while true {
                    let page = try await scopedPage(store, business, position, [none], skipsMax: 5)
                    try require(page.entries.allSatisfy { $0.kind == .business }, "nothing else")
                    try require(page.next != position, "a position that moves")
                    position = page.next
                    pagesCount += 1
                    guard page.hasMore else { break }
                }
                try require(pagesCount > 2, "several pages")
            }
            let first = try await scopedPage(store, business, nil, [none])
            try requireEqual(first.customersEstimate, 0)
        },
        Claim(description: "digests within some pages are the sums over what their feed gives") {
            store in
            let world = try await recordedWorld(store, events: 200)
            let (business, page) = (world.businesses[0].id, world.pages[0].id)
            let whole = try await store.digests(of: business, pages: nil, deadline: nil)
            let within = try await store.digests(
                of: business,
                pages: nil,
                within: [page],
                deadline: nil
            )
            try requireEqual(within.pages, whole.pages.filter { $0.page == page })
            try requireEqual(within.directory.count, 2)
            try requireEqual(whole.directory.count, 3)
            let other = world.pages[1].id
            try await requireError(.notFound) { () throws(StoreError) in
                try await store.digests(
                    of: business,
                    pages: [other],
                    within: [page],
                    deadline: nil
                )
            }
        },
    ]

    /// Every customer of a business with its page, in order of id.
    private static func customers(
        _ store: any CustomerStore,
        _ business: BusinessID
    ) async throws -> [(customer: CustomerID, page: PageID)] {
        var found: [(customer: CustomerID, page: PageID)] = []
        for change in try await follow(store, business, nil, nil, 1_000, 1_000)
        where change.kind == .customer {
            let id = try requireValue(CustomerID(text: change.id))
            found.append((id, try requireValue(try await store.place(of: id)).page))
        }
        return found
    }

    private static func follow(
        _ store: any CustomerStore,
        _ business: BusinessID,
        _ start: FeedPosition?,
        _ pages: Set<PageID>?,
        _ rowsMax: Int,
        _ skipsMax: Int
    ) async throws -> [(kind: ChangeKind, id: String)] {
        var changes: [(kind: ChangeKind, id: String)] = []
        var position = start
        while true {
            let page = try await scopedPage(
                store,
                business,
                position,
                pages,
                rowsMax: rowsMax,
                skipsMax: skipsMax
            )
            for entry in page.entries {
                let id = RecordBytes.text(ofField: 1, Array(page.bytes[entry.range]))
                changes.append((entry.kind, String(decoding: id, as: UTF8.self)))
            }
            position = page.next
            guard page.hasMore else { return changes }
        }
    }

    private static func scopedPage(
        _ store: any CustomerStore,
        _ business: BusinessID,
        _ position: FeedPosition?,
        _ pages: Set<PageID>?,
        rowsMax: Int = 1_000,
        skipsMax: Int = 1_000
    ) async throws -> ChangePage {
        let query = ChangeQuery(
            businessID: business,
            position: position,
            rowsMax: rowsMax,
            bytesMax: 1 << 20,
            pages: pages,
            skipsMax: skipsMax
        )
        return try await store.changes(query, deadline: nil)
    }
}
