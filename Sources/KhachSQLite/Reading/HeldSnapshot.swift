internal import KhachCore

/// One state of the file, held until it is closed or let go of.
final class HeldSnapshot: CustomerSnapshot {
    let head: CommitSequence
    private let businessID: BusinessID
    private let thread: SnapshotThread

    init(head: CommitSequence, business: BusinessID, thread: SnapshotThread) {
        self.head = head
        self.businessID = business
        self.thread = thread
    }

    deinit {
        self.thread.end()
    }

    func close() {
        self.thread.end()
    }

    func business() async throws(StoreError) -> Business {
        let id = self.businessID
        return try await self.thread.read(nil) { (reader) throws(StoreError) in
            guard let business = try reader.business(id) else {
                throw StoreError(.corrupt, "the business of a snapshot expected, none found")
            }

            return business
        }
    }

    func pages(after: PageID?, rowsMax: Int) async throws(StoreError) -> [Page] {
        let business = self.businessID
        return try await self.thread.read(nil) { (reader) throws(StoreError) in
            try reader.pages(of: business, after: after, rowsMax: rowsMax)
        }
    }

    func customers(_ ids: [CustomerID]) async throws(StoreError) -> [StoredCustomer?] {
        let business = self.businessID
        return try await self.thread.read(nil) { (reader) throws(StoreError) in
            var found: [StoredCustomer?] = []
            found.reserveCapacity(ids.count)
            for id in ids {
                let customer = try reader.customer(id)
                found.append(customer?.businessID == business ? customer : nil)
            }
            return found
        }
    }

    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        try await self.thread.read(deadline) { (reader) throws(StoreError) in
            try reader.customers(query)
        }
    }

    func count(_ filter: CustomerFilter, deadline: Deadline?) async throws(StoreError) -> Int {
        try await self.thread.read(deadline) { (reader) throws(StoreError) in
            try reader.count(filter, countMax: Int(Int32.max)).count
        }
    }
}
