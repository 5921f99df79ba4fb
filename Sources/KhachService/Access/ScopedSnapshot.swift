internal import KhachCore

/// A held state of a business as a caller sees it who sees some of its pages.
struct ScopedSnapshot<Base: CustomerStore>: CustomerSnapshot {
    let base: any CustomerSnapshot
    let store: ScopedStore<Base>

    var head: CommitSequence { self.base.head }

    func business() async throws(StoreError) -> Business {
        try await self.base.business()
    }

    func pages(after: PageID?, rowsMax: Int) async throws(StoreError) -> [Page] {
        var (found, after) = ([Page](), after)
        while found.count < rowsMax {
            let next = try await self.base.pages(after: after, rowsMax: rowsMax)
            found += next.filter { self.store.scope.contains($0.id, of: $0.businessID) }
            after = next.last?.id
            guard next.count == rowsMax else { break }
        }
        return Array(found.prefix(rowsMax))
    }

    func customers(_ ids: [CustomerID]) async throws(StoreError) -> [StoredCustomer?] {
        try await self.base.customers(ids).map { customer in
            customer.flatMap { self.store.sees($0) ? $0 : nil }
        }
    }

    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        var query = query
        query.filter = try self.store.seen(query.filter)
        return try await self.base.customers(query, deadline: deadline)
    }

    func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> Int {
        try await self.base.count(try self.store.seen(filter), deadline: deadline)
    }

    func close() {
        self.base.close()
    }
}
