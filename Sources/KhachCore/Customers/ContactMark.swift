/// What somebody said of a contact point, whatever texts hold it (P12, §4.6).
package struct ContactMark: Hashable, Sendable {
    package var key: ContactPoint.Key
    /// An agent said that it is none: detection and channels do not bring it back.
    package var isRejected = false
    /// An agent made it the primary one; it stays when no text holds it any more.
    package var isPinned = false
    /// An agent added it.
    package var isAdded = false
    /// The channel supplied it apart from a text.
    package var isSupplied = false
    /// When it was first and last given.
    package var seenAt: ClosedRange<Instant>
    package var markedBy: String
    package var markedAt: Instant

    package init(key: ContactPoint.Key, seenAt: ClosedRange<Instant>, by actor: String, at: Instant)
    {
        self.key = key
        self.seenAt = seenAt
        self.markedBy = actor
        self.markedAt = at
    }

    /// Whether it says anything.
    var isEmpty: Bool {
        !self.isRejected && !self.isPinned && !self.isAdded && !self.isSupplied
    }
}

/// A contact point as the record shows it: what texts hold, under what was said of it.
package struct ShownContact: Hashable, Sendable {
    package var point: ContactPoint
    package var isRejected = false
    package var isPinned = false
    package var isAdded = false

    /// Pinned first, rejected last, otherwise by the rule of points.
    private func isBetter(than other: Self) -> Bool {
        if self.isRejected != other.isRejected { return other.isRejected }
        if self.isPinned != other.isPinned { return self.isPinned }
        return self.point.isBetter(than: other.point)
    }

    /// The points of one kind, primary first (§4.6): the best, at most `Limits.contactPointsMax`
    /// that are not rejected, and all that are marked.
    package static func list(
        _ points: [ContactPoint],
        under marks: [ContactMark]
    ) -> [ShownContact] {
        guard !marks.isEmpty else {
            return points.prefix(Limits.contactPointsMax).map { ShownContact(point: $0) }
        }

        var shown = points.map { ShownContact(point: $0) }
        for mark in marks {
            var index = shown.firstIndex { $0.point.key == mark.key }
            if index == nil {
                index = shown.count
                shown.append(ShownContact(point: ContactPoint(mark)))
            } else if mark.isAdded || mark.isSupplied, let index {
                shown[index].point.join(ContactPoint(mark))
            }
            guard let index else { continue }

            shown[index].isRejected = mark.isRejected
            shown[index].isPinned = mark.isPinned
            shown[index].isAdded = mark.isAdded
        }
        shown.sort { $0.isBetter(than: $1) }
        let marked = Set(marks.map(\.key))
        return shown.enumerated().filter { index, contact in
            index < Limits.contactPointsMax || marked.contains(contact.point.key)
        }
        .map(\.element)
    }
}

extension ContactPoint {
    /// What a mark alone says: no text, so no place in one.
    init(_ mark: ContactMark) {
        self.init(
            key: mark.key,
            firstSeenAt: mark.seenAt.lowerBound,
            lastSeenAt: mark.seenAt.upperBound,
            position: .max
        )
    }
}

extension Customer {
    package func shown(_ kind: ContactFinding.Kind) -> [ShownContact] {
        ShownContact.list(self.contacts[kind], under: self.marks.filter { $0.key.kind == kind })
    }

    package func mark(_ key: ContactPoint.Key) -> ContactMark? {
        self.marks.first { $0.key == key }
    }

    /// Changes what is said of a point; false when there is no room for one more mark.
    mutating func mark(
        _ key: ContactPoint.Key,
        by actor: String,
        at now: Instant,
        _ change: (inout ContactMark) -> Void
    ) -> Bool {
        let seen = self.contacts[key.kind].first { $0.key == key }
        let seenAt =
            seen.map { $0.firstSeenAt...$0.lastSeenAt }
            ?? ClosedRange(uncheckedBounds: (now, now))
        let index = self.marks.firstIndex { $0.key == key }
        var mark =
            index.map { self.marks[$0] }
            ?? ContactMark(key: key, seenAt: seenAt, by: actor, at: now)
        change(&mark)
        guard mark != index.map({ self.marks[$0] }) else { return true }

        mark.markedBy = actor
        mark.markedAt = now
        if let index {
            self.marks.remove(at: index)
        }
        guard !mark.isEmpty else { return true }
        guard self.marks.count(where: { $0.key.kind == key.kind }) < Limits.contactMarksMax else {
            return false
        }

        self.marks.append(mark)
        self.marks.sort {
            ($0.key.kind.rawValue, $0.key.value) < ($1.key.kind.rawValue, $1.key.value)
        }
        return true
    }

    /// A value that the channel supplied: as if a text held it, unless an agent rejected it (P12).
    mutating func join(supplied key: ContactPoint.Key, at instant: Instant) {
        if let known = self.mark(key), known.isSupplied,
            known.seenAt.contains(instant) || known.isRejected
        {
            return
        }
        _ = self.mark(key, by: "", at: instant) { mark in
            guard !mark.isRejected else { return }

            if mark.isSupplied || mark.isAdded {
                mark.seenAt =
                    min(mark.seenAt.lowerBound, instant)...max(mark.seenAt.upperBound, instant)
            } else {
                mark.seenAt = instant...instant
            }
            mark.isSupplied = true
        }
    }
}

extension Customer {
    /// Whether an ACTIVE point of the kind exists (S18).
    package func has(_ kind: ContactFinding.Kind) -> Bool {
        if self.marks.isEmpty { return !self.contacts[kind].isEmpty }
        return self.shown(kind).contains { !$0.isRejected }
    }

    /// Whether the platform keeps the customer out (S9).
    package var isBlocked: Bool { self.block?.state.isBlocked ?? false }
}
