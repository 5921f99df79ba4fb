internal import KhachCore
internal import Synchronization

/// A copy of everything, which is what a snapshot looks like.
final class MemorySnapshot: CustomerSnapshot {
    let head: CommitSequence
    private let business: BusinessID
    private let state: Mutex<MemoryState?>

    init(_ state: MemoryState, of business: BusinessID) {
        self.head = state.head(business)
        self.business = business
        self.state = Mutex(state)
    }

    func pages(after: PageID?, rowsMax: Int) async throws(StoreError) -> [Page] {
        let all = try self.held().pages.values.map(\.value).sorted { $0.id < $1.id }
        let mine = all.filter { page in
            page.businessID == self.business && (after.map { page.id > $0 } ?? true)
        }
        return Array(mine.prefix(rowsMax))
    }

    func customers(_ ids: [CustomerID]) async throws(StoreError) -> [StoredCustomer?] {
        let state = try self.held()
        return ids.map { id in
            guard let row = state.customers[id], row.value.businessID == self.business else {
                return nil
            }

            return StoredCustomer(businessID: self.business, seq: row.seq, record: row.record)
        }
    }

    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        try self.held().page(query)
    }

    func count(_ filter: CustomerFilter, deadline: Deadline?) async throws(StoreError) -> Int {
        try self.held().rows(filter).count
    }

    func close() {
        self.state.withLock { $0 = nil }
    }

    private func held() throws(StoreError) -> MemoryState {
        guard let state = self.state.withLock({ $0 }) else {
            throw StoreError(.unavailable, "an open snapshot expected, a closed one found")
        }

        return state
    }
}
