/// Position in a business's change feed: every change up to it was delivered.
package typealias CommitSequence = UInt64

/// What one change of the feed is about.
package enum ChangeKind: UInt8, Hashable, Sendable {
    case business = 2
    case page = 3
    case customer = 4
    case tombstone = 5
}

/// Asks for the changes after a position.
package struct ChangeQuery: Hashable, Sendable {
    package var businessID: BusinessID
    package var after: CommitSequence
    /// Tombstones at or below this are of no use to the asker: it never had what they remove.
    package var tombstonesAfter: CommitSequence
    /// At least 1.
    package var rowsMax: Int
    /// A page holds at least one change, whatever its size.
    package var bytesMax: Int

    package init(
        businessID: BusinessID,
        after: CommitSequence,
        tombstonesAfter: CommitSequence,
        rowsMax: Int,
        bytesMax: Int
    ) {
        self.businessID = businessID
        self.after = after
        self.tombstonesAfter = tombstonesAfter
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }
}

/// Changes in order of sequence, read at one instant of the store.
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

    package var entries: [Entry]
    /// The stored records, one after the other.
    package var bytes: [UInt8]
    /// Every change up to here is in this page or was before it.
    package var through: CommitSequence
    /// The business's last sequence when the page was read.
    package var head: CommitSequence
    package var customersEstimate: UInt64

    package init(
        entries: [Entry] = [],
        bytes: [UInt8] = [],
        through: CommitSequence,
        head: CommitSequence,
        customersEstimate: UInt64
    ) {
        self.entries = entries
        self.bytes = bytes
        self.through = through
        self.head = head
        self.customersEstimate = customersEstimate
    }

    package var hasMore: Bool { self.through < self.head }
}
