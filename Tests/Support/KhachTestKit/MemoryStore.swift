package import KhachCore
internal import KhachService

/// A store in memory: slow, simple, and the oracle of the others.
package final class MemoryStore: CustomerStore, PointReads {
    package let generation: [UInt8]
    package let sealingKey: [UInt8]

    let state: CommittingState
    let codec: RecordCodec

    package init(
        codec: RecordCodec = .proto,
        zones: ZoneRules = .tzdata,
        generation: [UInt8] = Array(repeating: 1, count: 16),
        sealingKey: [UInt8] = Array(repeating: 2, count: 32)
    ) {
        self.codec = codec
        self.state = CommittingState(MemoryState(zones: zones))
        self.generation = generation
        self.sealingKey = sealingKey
    }

    package func observeCommits(_ observer: @escaping CommitObserver) {
        self.state.observeCommits(observer)
    }

    package func record(
        _ interactions: [Interaction],
        now: Instant
    ) async throws(StoreError) -> [InteractionOutcome] {
        self.state.withLock { $0.record(interactions, now: now, self.codec) }
    }

    package func createBusiness(
        _ business: NewBusiness,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business {
        self.state.withLock { $0.createBusiness(business, by: author, now: now, self.codec) }
    }

    package func createPage(
        _ page: NewPage,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in
                try state.createPage(page, by: author, now: now, self.codec)
            }
        }
        return try result.get()
    }

    package func business(_ id: BusinessID) async throws(StoreError) -> Business? {
        self.state.withLock { $0.businesses[id]?.value }
    }

    package func businesses(
        after: BusinessID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Business] {
        self.state.withLock { state in
            let all = state.businesses.values.map(\.value).sorted { $0.id < $1.id }
            return Array(
                all.filter { business in after.map { business.id > $0 } ?? true }
                    .prefix(rowsMax)
            )
        }
    }

    package func pages(
        of business: BusinessID,
        after: PageID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Page] {
        self.state.withLock { state in
            let all = state.pages.values.map(\.value).sorted { $0.id < $1.id }
            return Array(
                all.filter { page in
                    page.businessID == business && (after.map { page.id > $0 } ?? true)
                }.prefix(rowsMax)
            )
        }
    }

    package func customer(_ id: CustomerID) async throws(StoreError) -> StoredCustomer? {
        try self.customerInPlace(id)
    }

    package func customerInPlace(_ id: CustomerID) throws(StoreError) -> StoredCustomer? {
        self.state.withLock { state in
            (state.customers[id] ?? state.redirects[id].flatMap { state.customers[$0] }).map {
                StoredCustomer(businessID: $0.value.businessID, seq: $0.seq, record: $0.record)
            }
        }
    }

    package func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage {
        try self.state.withLock { state in
            Result { () throws(StoreError) in try state.page(query) }
        }.get()
    }

    package func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerCount {
        try self.state.withLock { state in
            Result { () throws(StoreError) in
                let count = try state.seen(filter, .createdDescending).count
                return CustomerCount(
                    count: min(count, Limits.countMax),
                    isCapped: count > Limits.countMax,
                    head: state.head(filter.businessID)
                )
            }
        }.get()
    }

    package func openSnapshot(
        of business: BusinessID
    ) async throws(StoreError) -> any CustomerSnapshot {
        let state = self.state.withLock { $0 }
        guard state.businesses[business] != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        return MemorySnapshot(state, of: business)
    }

    package func statistics(
        _ query: StatisticsQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> Statistics {
        try self.state.withLock { state in
            Result { () throws(StoreError) in try state.statistics(query) }
        }.get()
    }

    package func changes(
        _ query: ChangeQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> ChangePage {
        let result = self.state.withLock { state in
            Result { () throws(StoreError) in try state.changes(query) }
        }
        return try result.get()
    }
}
