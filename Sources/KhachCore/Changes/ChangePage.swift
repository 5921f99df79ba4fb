/// What one change of the feed is about.
///
/// Raw values are the fields of `khach.v1.Change`.
package enum ChangeKind: UInt8, Hashable, Sendable {
    case business = 2
    case page = 3
    case customer = 4
    case tombstone = 5
}

/// Asks for one page of the feed.
package struct ChangeQuery: Hashable, Sendable {
    package var businessID: BusinessID
    /// `nil` begins the first pass.
    package var position: FeedPosition?
    /// At least 1.
    package var rowsMax: Int
    /// A page holds at least one change, whatever its size.
    package var bytesMax: Int
    /// The only pages whose changes are given, and whose customers'; `nil`: of every page.
    package var pages: Set<PageID>?
    /// Changes of other pages that are passed over; then the page ends, be it empty (A5).
    package var skipsMax: Int

    package init(
        businessID: BusinessID,
        position: FeedPosition?,
        rowsMax: Int,
        bytesMax: Int,
        pages: Set<PageID>? = nil,
        skipsMax: Int = Limits.changesSkippedMax
    ) {
        self.businessID = businessID
        self.position = position
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
        self.pages = pages
        self.skipsMax = skipsMax
    }

    /// Whether what is of a page is given; `nil` is of none, as the business itself.
    package func includes(_ page: PageID?) -> Bool {
        guard let pages = self.pages, let page else { return true }

        return pages.contains(page)
    }
}

/// One page of the feed, read at one instant of the store: changes in the order of the position.
package struct ChangePage: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package var seq: CommitSequence
        package var kind: ChangeKind
        /// Where its record lies in `bytes`.
        package var range: Range<Int>

        package init(seq: CommitSequence, kind: ChangeKind, range: Range<Int>) {
            self.seq = seq
            self.kind = kind
            self.range = range
        }
    }

    package private(set) var entries: [Entry] = []
    /// The stored records, one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Where the reader stands after this page; it never names more than was delivered (A4).
    package var next: FeedPosition
    /// The business's last sequence when the page was read.
    package let head: CommitSequence
    /// Not 0 when tombstones up to here are compacted and the reader stood before it: what was
    /// deleted in between is not told.
    package let tombstoneHorizon: CommitSequence
    package let customersEstimate: UInt64
    private let rowsMax: Int
    private let bytesMax: Int
    private var skipsLeft: Int

    /// An empty page for a query; `next` is where the reader stood, and `tombstoneHorizon` the
    /// business's.
    package init(
        _ query: ChangeQuery,
        head: CommitSequence,
        tombstoneHorizon: CommitSequence,
        customersEstimate: UInt64
    ) {
        self.next = query.position ?? .snapshot(after: .start, startedAt: head)
        self.head = head
        // A first pass too: what it met may have been deleted since it began.
        self.tombstoneHorizon = self.next.latest < tombstoneHorizon ? tombstoneHorizon : 0
        self.customersEstimate = customersEstimate
        self.rowsMax = query.rowsMax
        self.bytesMax = query.bytesMax
        self.skipsLeft = query.skipsMax
        self.bytes.reserveCapacity(min(query.bytesMax, query.rowsMax << 8))
    }

    /// Whether there was more to deliver when the page was read.
    package var hasMore: Bool { self.next.covered < self.head || self.isFirstPass }

    /// Whether another record of this size still belongs into the page.
    package func hasRoom(for recordBytes: Int) -> Bool {
        self.entries.isEmpty
            || self.entries.count < self.rowsMax && self.bytes.count + recordBytes <= self.bytesMax
    }

    package mutating func append(
        _ record: some Collection<UInt8>,
        seq: CommitSequence,
        kind: ChangeKind
    ) {
        let start = self.bytes.count
        self.bytes.append(contentsOf: record)
        self.entries.append(Entry(seq: seq, kind: kind, range: start..<self.bytes.count))
    }

    /// Passes over a change that is not given; false when the page ends with it.
    package mutating func skip() -> Bool {
        self.skipsLeft -= 1
        return self.skipsLeft > 0
    }

    private var isFirstPass: Bool {
        if case .snapshot = self.next { true } else { false }
    }
}
