/// Which customers; all conditions hold together (domain.md S19).
package struct CustomerFilter: Hashable, Sendable {
    package var businessID: BusinessID
    /// Empty means every page.
    ///
    /// Sorted, without repetition, all of the business.
    package var pages: [PageID]
    /// Empty means every channel.
    package var channels: Set<Channel> = []
    /// Empty means every status.
    package var nameStatuses: Set<NameStatus> = []
    /// Half open: `from <= createdAt < before`; `nil` means open.
    package var createdFrom: Instant?
    package var createdBefore: Instant?
    /// `nil` for no condition, as in what follows.
    package var messaged: MessagedDays?
    package var hasPhone: Bool?
    package var hasEmail: Bool?
    package var isBlocked: Bool?
    /// As a person typed it: every word begins a different word of the name (§4.8).
    ///
    /// The caller has made sure that it is a query.
    package var name: String?

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

/// The customer wrote on some local day of a range (S21).
package struct MessagedDays: Hashable, Sendable {
    /// Raw values are those of `khach.v1.ActivityKind`.
    package enum Kind: UInt8, Hashable, Sendable {
        case any = 1
        case messages = 2
        case comments = 3
    }

    package var kind: Kind
    /// Both inclusive; `nil` means open.
    package var from: DayNumber?
    package var to: DayNumber?
    /// The first instant of the first day, and of the one after the last.
    package var beginsAt: Instant?
    package var endsAt: Instant?

    package init(
        kind: Kind,
        from: DayNumber?,
        to: DayNumber?,
        beginsAt: Instant?,
        endsAt: Instant?
    ) {
        self.kind = kind
        self.from = from
        self.to = to
        self.beginsAt = beginsAt
        self.endsAt = endsAt
    }
}

/// The order of a list; the id is its last key, ascending in the second, otherwise descending.
///
/// Raw values are those of `khach.v1.CustomerOrder`.
package enum CustomerOrder: UInt8, Hashable, Sendable, CaseIterable {
    case createdDescending = 1
    case createdAscending = 2
    /// Those who never wrote come last.
    case lastInboundDescending = 3
    /// Only with a name: its place among the answers, then the latest inbound (§4.8).
    case relevance = 4
}

/// Where a list goes on: after this row, in the order of the list.
package struct CustomerPosition: Hashable, Sendable {
    /// The place of the name among the answers, by relevance; otherwise 0.
    package var rank: Int32
    /// `createdAt` or `lastInboundAt`; zero for one who never wrote.
    package var key: Instant
    package var id: CustomerID

    package init(rank: Int32 = 0, key: Instant, id: CustomerID) {
        self.rank = rank
        self.key = key
        self.id = id
    }
}

/// One page of a list.
package struct CustomerQuery: Hashable, Sendable {
    package var filter: CustomerFilter
    package var order: CustomerOrder
    package var after: CustomerPosition?
    /// At least 1.
    package var rowsMax: Int

    package init(
        filter: CustomerFilter,
        order: CustomerOrder = .createdDescending,
        after: CustomerPosition? = nil,
        rowsMax: Int
    ) {
        self.filter = filter
        self.order = order
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
