/// Position in a business's history of commits: each change has the number of its own.
package typealias CommitSequence = UInt64

/// Where a reader of a business's change feed stands (sync.md §3).
package enum FeedPosition: Hashable, Sendable {
    /// In the first pass over what exists, after this entity.
    ///
    /// `startedAt` is the head when the pass began. What came later is given again by the delta
    /// that follows, so it does not matter whether the pass has met it.
    case snapshot(after: SnapshotKey, startedAt: CommitSequence)
    /// Every change up to here was delivered.
    case delta(after: CommitSequence)

    /// The last sequence that is wholly delivered; none is while the first pass is under way.
    package var covered: CommitSequence {
        switch self {
        case .snapshot: 0
        case .delta(let after): after
        }
    }

    /// The latest sequence that the position speaks of; never above the head it was made at.
    package var latest: CommitSequence {
        switch self {
        case .snapshot(_, let startedAt): startedAt
        case .delta(let after): after
        }
    }
}

/// The order of the first pass: the business, its pages, its customers, each by identifier.
///
/// Identifiers are never changed, so nothing moves from before the reader to behind it; and a
/// cache that inserts by identifier writes its tables from left to right.
package struct SnapshotKey: Hashable, Comparable, Sendable {
    package static let start = SnapshotKey(kind: .business, id: 0)

    /// `business`, `page` or `customer`.
    package var kind: ChangeKind
    package var id: Int64

    package init(kind: ChangeKind, id: Int64) {
        self.kind = kind
        self.id = id
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.kind.rawValue, left.id) < (right.kind.rawValue, right.id)
    }
}
