/// Which customers; all conditions hold together (domain.md S19).
package struct CustomerFilter: Hashable, Sendable {
    package var businessID: BusinessID
    /// Empty means every page.
    ///
    /// Sorted, without repetition, all of the business.
    package var pages: [PageID]
    /// Half open: `from <= createdAt < before`; `nil` means open.
    package var createdFrom: Instant?
    package var createdBefore: Instant?

    package init(
        businessID: BusinessID,
        pages: [PageID] = [],
        createdFrom: Instant? = nil,
        createdBefore: Instant? = nil
    ) {
        self.businessID = businessID
        self.pages = pages
        self.createdFrom = createdFrom
        self.createdBefore = createdBefore
    }
}

/// Where a list goes on: after this row, in the order newest first.
package struct CustomerPosition: Hashable, Sendable {
    package var createdAt: Instant
    package var id: CustomerID

    package init(createdAt: Instant, id: CustomerID) {
        self.createdAt = createdAt
        self.id = id
    }
}

/// One page of a list: `createdAt` descending, then id descending (S13).
package struct CustomerQuery: Hashable, Sendable {
    package var filter: CustomerFilter
    package var after: CustomerPosition?
    /// At least 1.
    package var rowsMax: Int

    package init(filter: CustomerFilter, after: CustomerPosition? = nil, rowsMax: Int) {
        self.filter = filter
        self.after = after
        self.rowsMax = rowsMax
    }
}

/// Customers' records in list order, read at one instant of the store.
package struct CustomerPage: Hashable, Sendable {
    package var ranges: [Range<Int>]
    package var bytes: [UInt8]
    /// The last row's position when there are more rows; `nil` on the last page.
    package var next: CustomerPosition?
    package var head: CommitSequence

    package init(
        ranges: [Range<Int>],
        bytes: [UInt8],
        next: CustomerPosition?,
        head: CommitSequence
    ) {
        self.ranges = ranges
        self.bytes = bytes
        self.next = next
        self.head = head
    }
}

/// How many customers, exact up to `Limits.countMax`.
package struct CustomerCount: Hashable, Sendable {
    package var count: Int
    package var isCapped: Bool
    package var head: CommitSequence

    package init(count: Int, isCapped: Bool, head: CommitSequence) {
        self.count = count
        self.isCapped = isCapped
        self.head = head
    }
}

/// A customer's record as it is stored.
package struct StoredCustomer: Hashable, Sendable {
    package var businessID: BusinessID
    package var seq: CommitSequence
    package var record: [UInt8]

    package init(businessID: BusinessID, seq: CommitSequence, record: [UInt8]) {
        self.businessID = businessID
        self.seq = seq
        self.record = record
    }
}
