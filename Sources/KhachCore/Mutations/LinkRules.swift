/// Two customers of a page who are one person (domain.md I5).
package enum LinkRules {
    /// Which of the two stays: the lower `createdAt`, then the lower id.
    package static func survivor(_ one: Customer, _ other: Customer) -> (Customer, gone: Customer) {
        let first = (one.createdAt.milliseconds, one.id.rawValue)
        let second = (other.createdAt.milliseconds, other.id.rawValue)
        return first <= second ? (one, gone: other) : (other, gone: one)
    }

    /// What the survivor takes over that no interaction says: names, marks, entries by hand, ids,
    /// block intervals.
    ///
    /// What interactions say is made anew from the interactions of both.
    package static func join(_ gone: Customer, into survivor: inout Customer, now: Instant) {
        survivor.firstRecordedAt = min(survivor.firstRecordedAt, gone.firstRecordedAt)
        for name in gone.names {
            NameRules.join(name, into: &survivor.names)
        }
        let isNewerName = self.isNewer(gone.manualName, than: survivor.manualName)
        survivor.manualName = self.joined(survivor.manualName, gone.manualName)
        if isNewerName {
            survivor.manualNameFolded = gone.manualNameFolded
        }
        survivor.address = self.joined(survivor.address, gone.address)
        self.joinMarks(of: gone, into: &survivor)
        let ids =
            [Identity(kind: Identity.ordinaryKind, externalUserID: gone.externalUserID)]
            + gone.otherIdentities
        for id in ids where !survivor.otherIdentities.contains(id) {
            survivor.otherIdentities.append(id)
        }
        survivor.block = self.joined(survivor.block, gone.block)
    }

    /// The one that was saved later; its revision is above both, so that a save made against
    /// either is a conflict and not a loss.
    private static func joined(_ one: HandEntry?, _ other: HandEntry?) -> HandEntry? {
        guard let one, let other else { return one ?? other }

        var joined = self.isNewer(other, than: one) ? other : one
        joined.editRevision = max(one.editRevision, other.editRevision) + 1
        return joined
    }

    private static func isNewer(_ entry: HandEntry?, than other: HandEntry?) -> Bool {
        guard let entry, !entry.text.isEmpty else { return false }
        guard let other, !other.text.isEmpty else { return true }

        return entry.updatedAt > other.updatedAt
    }

    /// The marks of both, as many as are kept: rejections stay before all others, so that what was
    /// rejected of either does not come back (P12).
    private static func joinMarks(of gone: Customer, into survivor: inout Customer) {
        var marks = survivor.marks
        let pinned = Set(marks.filter(\.isPinned).map(\.key.kind))
        for var mark in gone.marks {
            mark.isPinned = mark.isPinned && !pinned.contains(mark.key.kind)
            if let index = marks.firstIndex(where: { $0.key == mark.key }) {
                marks[index] = self.joined(marks[index], mark)
            } else {
                marks.append(mark)
            }
        }
        survivor.marks = marks.withinLimits
    }

    private static func joined(_ one: ContactMark, _ other: ContactMark) -> ContactMark {
        var joined = one
        joined.isRejected = one.isRejected || other.isRejected
        joined.isPinned = one.isPinned || other.isPinned
        joined.isAdded = one.isAdded || other.isAdded
        joined.isSupplied = one.isSupplied || other.isSupplied
        let (seenAt, otherSeenAt) = (one.seenAt, other.seenAt)
        joined.seenAt =
            min(
                seenAt.lowerBound,
                otherSeenAt.lowerBound
            )...max(seenAt.upperBound, otherSeenAt.upperBound)
        guard joined != one else { return one }

        joined.markedBy = other.markedBy
        joined.markedAt = other.markedAt
        return joined
    }

    /// Blocked when either is; the intervals of both.
    private static func joined(_ one: CustomerBlock?, _ other: CustomerBlock?) -> CustomerBlock? {
        guard let one, let other else { return one ?? other }

        var joined = other.state.strength > one.state.strength ? other : one
        joined.intervals = self.union(one.intervals + other.intervals)
        return joined
    }

    private static func union(_ intervals: [BlockInterval]) -> [BlockInterval] {
        var union: [BlockInterval] = []
        for interval in intervals.sorted(by: { $0.from < $1.from }) {
            guard let last = union.last, last.until.map({ interval.from <= $0 }) ?? true else {
                union.append(interval)
                continue
            }
            if let end = last.until {
                union[union.count - 1].until = interval.until.map { max($0, end) }
            }
        }
        return Array(union.suffix(Limits.blockIntervalsMax))
    }
}

extension CustomerBlock.State {
    fileprivate var strength: Int {
        switch self {
        case .none: 0
        case .pendingBlock: 1
        case .pendingUnblock: 2
        case .blocked: 3
        }
    }
}
