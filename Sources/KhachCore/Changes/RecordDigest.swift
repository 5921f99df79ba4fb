/// The sum of the hashes of some records, modulo 2^128, and how many they are (sync.md N1).
///
/// Sums are equal when the records are, in whatever order they came and went.
package struct RecordDigest: Hashable, Sendable {
    /// Parts of a page, by a hash of the id.
    package static let slotsCount = 256

    package var low: UInt64
    package var high: UInt64
    package var count: UInt64

    package static let zero = RecordDigest(low: 0, high: 0, count: 0)

    package init(low: UInt64, high: UInt64, count: UInt64) {
        self.low = low
        self.high = high
        self.count = count
    }

    package static func += (left: inout Self, right: Self) {
        let (low, isOver) = left.low.addingReportingOverflow(right.low)
        left.low = low
        left.high = left.high &+ right.high &+ (isOver ? 1 : 0)
        left.count &+= right.count
    }

    package static func -= (left: inout Self, right: Self) {
        let (low, isUnder) = left.low.subtractingReportingOverflow(right.low)
        left.low = low
        left.high = left.high &- right.high &- (isUnder ? 1 : 0)
        left.count &-= right.count
    }
}

/// The digests of a page's customers, slot by slot.
package struct PageDigest: Hashable, Sendable {
    package var page: PageID
    /// `RecordDigest.slotsCount` of them.
    package var slots: [RecordDigest]

    package init(
        page: PageID,
        slots: [RecordDigest] = Array(repeating: .zero, count: RecordDigest.slotsCount)
    ) {
        self.page = page
        self.slots = slots
    }

    package var sum: RecordDigest { self.slots.reduce(into: .zero, +=) }
}

/// What a business has, as digests, at one commit sequence.
package struct DigestState: Hashable, Sendable {
    package var head: CommitSequence
    /// Of the business and its pages.
    package var directory: RecordDigest
    /// In order of id, pages without a customer among them.
    package var pages: [PageDigest]

    package init(head: CommitSequence, directory: RecordDigest, pages: [PageDigest]) {
        self.head = head
        self.directory = directory
        self.pages = pages
    }
}

/// Asks for what some slots of a page hold.
package struct RevisionQuery: Hashable, Sendable {
    package var businessID: BusinessID
    package var pageID: PageID
    /// Each from 0 to 255.
    package var slots: Set<UInt8>
    package var after: CustomerID?
    /// At least 1.
    package var rowsMax: Int
    /// Customers that are looked at, of whatever slot; then the page ends.
    package var scanMax: Int

    package init(
        businessID: BusinessID,
        pageID: PageID,
        slots: Set<UInt8>,
        after: CustomerID?,
        rowsMax: Int = Limits.revisionsMax,
        scanMax: Int = Limits.revisionsScannedMax
    ) {
        self.businessID = businessID
        self.pageID = pageID
        self.slots = slots
        self.after = after
        self.rowsMax = rowsMax
        self.scanMax = scanMax
    }
}

/// Which customers some slots hold, and in which state.
package struct RevisionPage: Hashable, Sendable {
    package struct Revision: Hashable, Sendable {
        package var id: CustomerID
        package var seq: CommitSequence
        package var digest: RecordDigest

        package init(id: CustomerID, seq: CommitSequence, digest: RecordDigest) {
            self.id = id
            self.seq = seq
            self.digest = digest
        }
    }

    /// In order of id.
    package var revisions: [Revision] = []
    /// The last customer that was looked at; `nil` when there are no more.
    package var next: CustomerID?
    package var head: CommitSequence

    package init(head: CommitSequence) {
        self.head = head
    }
}

/// What a record of the feed is about.
package enum EntityID: Hashable, Sendable {
    case business(BusinessID)
    case page(PageID)
    case customer(CustomerID)
}

/// Records by id, as the feed has them.
package struct RecordBatch: Hashable, Sendable {
    package private(set) var entries: [ChangePage.Entry] = []
    /// The stored records, one after the other.
    package private(set) var bytes: [UInt8] = []
    /// Ids that were looked at.
    package var idsDone = 0
    package let head: CommitSequence
    private let bytesMax: Int

    package init(head: CommitSequence, bytesMax: Int) {
        self.head = head
        self.bytesMax = bytesMax
    }

    /// Takes a record unless it is too much; the first one never is.
    package mutating func take(
        _ record: some Collection<UInt8>,
        seq: CommitSequence,
        kind: ChangeKind
    ) -> Bool {
        guard self.entries.isEmpty || self.bytes.count + record.count <= self.bytesMax else {
            return false
        }

        let start = self.bytes.count
        self.bytes.append(contentsOf: record)
        self.entries.append(
            ChangePage.Entry(seq: seq, kind: kind, range: start..<self.bytes.count)
        )
        return true
    }
}
