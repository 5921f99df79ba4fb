internal import KhachCore
internal import Synchronization

/// A copy of everything, which is what a snapshot looks like.
final class MemorySnapshot: CustomerSnapshot {
    let head: CommitSequence
    private let businessID: BusinessID
    private let state: Mutex<MemoryState?>

    init(_ state: MemoryState, of business: BusinessID) {
        self.head = state.head(business)
        self.businessID = business
        self.state = Mutex(state)
    }

    func business() async throws(StoreError) -> Business {
        guard let business = try self.held().businesses[self.businessID]?.value else {
            throw StoreError(.corrupt, "the business of a snapshot expected, none found")
        }

        return business
    }

    func pages(after: PageID?, rowsMax: Int) async throws(StoreError) -> [Page] {
        let all = try self.held().pages.values.map(\.value).sorted { $0.id < $1.id }
        let mine = all.filter { page in
            page.businessID == self.businessID && (after.map { page.id > $0 } ?? true)
        }
        return Array(mine.prefix(rowsMax))
    }

    func customers(_ ids: [CustomerID]) async throws(StoreError) -> [StoredCustomer?] {
        let state = try self.held()
        return ids.map { id in
            guard let row = state.customers[id], row.value.businessID == self.businessID else {
                return nil
            }

            return StoredCustomer(businessID: self.businessID, seq: row.seq, record: row.record)
        }
    }

    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        try self.held().page(query)
    }

    func count(_ filter: CustomerFilter, deadline: Deadline?) async throws(StoreError) -> Int {
        try self.held().seen(filter, .createdDescending).count
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
