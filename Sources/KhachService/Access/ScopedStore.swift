internal import KhachCore
internal import Synchronization

/// A store as a caller sees it who does not see all of it.
///
/// What is not in the scope does not exist: each id of it is given to the store as one that nobody
/// has, so that what is another's and what is absent have the same answer, made by the same code.
/// A new question of a store does not compile until it is decided here who may ask it.
final class ScopedStore<Base: CustomerStore>: CustomerStore {
    let base: Base
    let scope: AccessScope
    /// Channels' names of pages of the scope that were met.
    private let met = Mutex<Set<PageKey>>([])

    init(_ base: Base, _ scope: AccessScope) {
        self.base = base
        self.scope = scope
    }

    var generation: [UInt8] { self.base.generation }
    var sealingKey: [UInt8] { self.base.sealingKey }

    // MARK: What is seen

    func seen(_ id: BusinessID) -> BusinessID {
        self.scope.contains(id) ? id : .nobody
    }

    func seen(_ id: PageID) async throws(StoreError) -> PageID {
        if let pages = self.scope.pages { return pages.contains(id) ? id : .nobody }

        return try await self.base.page(id).map { self.scope.contains($0.businessID) } ?? false
            ? id : .nobody
    }

    func seen(_ id: CustomerID) async throws(StoreError) -> CustomerID {
        // Also who is gone: a request that is sent again has the same answer.
        guard let place = try await self.base.place(of: id),
            self.scope.contains(place.page, of: place.business)
        else { return .nobody }

        return id
    }

    /// Customers stay on their page, and pages in their business: what is seen once is seen.
    func sees(_ customer: StoredCustomer) -> Bool {
        guard self.scope.pages != nil else { return self.scope.contains(customer.businessID) }

        return customer.pageID.map { self.scope.contains($0, of: customer.businessID) } ?? false
    }

    func seen(_ filter: CustomerFilter) throws(StoreError) -> CustomerFilter {
        var filter = filter
        filter.businessID = self.seen(filter.businessID)
        filter.pages = try self.seen(pages: filter.pages)
        return filter
    }

    /// The pages that a question is about, which means all of them when it names none.
    func seen(pages: [PageID]) throws(StoreError) -> [PageID] {
        guard let mine = self.scope.pages else { return pages }
        if let foreign = pages.first(where: { !mine.contains($0) }) {
            throw StoreError.foreignPage(foreign)
        }

        return pages.isEmpty ? mine.sorted() : pages
    }

    // MARK: The directory

    func business(_ id: BusinessID) async throws(StoreError) -> Business? {
        try await self.base.business(self.seen(id))
    }

    func businesses(
        after: BusinessID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Business] {
        guard let id = self.scope.business else {
            return try await self.base.businesses(after: after, rowsMax: rowsMax)
        }
        guard after.map({ id > $0 }) ?? true, rowsMax > 0 else { return [] }

        return try await self.base.business(id).map { [$0] } ?? []
    }

    func pages(
        of business: BusinessID,
        after: PageID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Page] {
        let business = self.seen(business)
        guard let pages = self.scope.pages, business != .nobody else {
            return try await self.base.pages(of: business, after: after, rowsMax: rowsMax)
        }

        let rest = pages.sorted().filter { id in after.map { id > $0 } ?? true }
        var found: [Page] = []
        for id in rest.prefix(rowsMax) {
            if let page = try await self.base.page(id) { found.append(page) }
        }
        return found
    }

    func page(_ id: PageID) async throws(StoreError) -> Page? {
        try await self.base.page(try await self.seen(id))
    }

    func page(_ key: PageKey) async throws(StoreError) -> Page? {
        try await self.base.page(key).flatMap { page in
            self.scope.contains(page.id, of: page.businessID) ? page : nil
        }
    }

    func roleAccounts(of page: PageID) async throws(StoreError) -> [RoleAccount] {
        try await self.base.roleAccounts(of: try await self.seen(page))
    }

    func createBusiness(
        _ business: NewBusiness,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        // Its method needs everything, and whoever sees that has the store itself.
        throw StoreError(.invalid, "a caller who sees everything expected, another found")
    }

    func createPage(
        _ page: NewPage,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        var page = page
        page.businessID = self.scope.pages == nil ? self.seen(page.businessID) : .nobody
        return try await self.base.createPage(page, by: author, now: now)
    }

    func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        let id = self.scope.pages == nil ? self.seen(id) : .nobody
        return try await self.base.updateBusiness(id, update, by: author, now: now)
    }

    func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        try await self.base.updatePage(try await self.seen(id), update, by: author, now: now)
    }

    func setRoleAccounts(
        of page: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [CustomerID] {
        let page = try await self.seen(page)
        return try await self.base.setRoleAccounts(of: page, accounts, by: author, now: now)
    }

    // MARK: What gateways record

    func record(
        _ interactions: [Interaction],
        now: Instant
    ) async throws(StoreError) -> [InteractionOutcome] {
        let unknown = InteractionOutcome(result: .unknownPage)
        return try await self.onlySeen(interactions, \.page, unknown) {
            (mine) throws(StoreError) in try await self.base.record(mine, now: now)
        }
    }

    func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant
    ) async throws(StoreError) -> [ProfileOutcome] {
        try await self.onlySeen(profiles, \.page, .unknownPage) { (mine) throws(StoreError) in
            try await self.base.recordProfiles(mine, now: now)
        }
    }

    /// Does what is to be done with the items of pages that are seen, and answers for the others
    /// as of pages that are not there.
    private func onlySeen<Item, Outcome>(
        _ items: [Item],
        _ key: KeyPath<Item, PageKey>,
        _ unknown: Outcome,
        _ body: ([Item]) async throws(StoreError) -> [Outcome]
    ) async throws(StoreError) -> [Outcome] {
        var isSeen: [PageKey: Bool] = [:]
        for item in items where isSeen[item[keyPath: key]] == nil {
            isSeen[item[keyPath: key]] = try await self.sees(item[keyPath: key])
        }
        let mine = items.filter { isSeen[$0[keyPath: key]] ?? false }
        var outcomes = mine.isEmpty ? [].makeIterator() : try await body(mine).makeIterator()
        return items.map { item in
            isSeen[item[keyPath: key]] ?? false ? outcomes.next() ?? unknown : unknown
        }
    }

    private func sees(_ key: PageKey) async throws(StoreError) -> Bool {
        if self.met.withLock({ $0.contains(key) }) { return true }
        guard try await self.page(key) != nil else { return false }

        self.met.withLock { _ = $0.insert(key) }
        return true
    }
}

extension ScopedStore: PointReads where Base: PointReads {
    func customerInPlace(_ id: CustomerID) throws(StoreError) -> StoredCustomer? {
        try self.base.customerInPlace(id).flatMap { self.sees($0) ? $0 : nil }
    }
}

extension CustomerStore {
    func scoped(to scope: AccessScope) -> any CustomerStore { ScopedStore(self, scope) }
}

extension Identifier {
    /// An id that nobody is ever given.
    static var nobody: Self { Self(rawValue: 0) }
}

extension StoredCustomer {
    /// Field 2 of the record.
    var pageID: PageID? {
        self.record.withUnsafeBytes { bytes in
            ItemScan(bytes, field: 2, itemsMax: 1)?.items.first.flatMap { range in
                PageID(text: String(decoding: bytes[range], as: UTF8.self))
            }
        }
    }
}
