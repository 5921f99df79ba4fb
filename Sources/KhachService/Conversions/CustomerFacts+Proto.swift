internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

extension Khach_Store_V1_CustomerFacts {
    /// `nil` when they are not what was written.
    var nameObservations: [NameObservation]? {
        var names: [NameObservation] = []
        names.reserveCapacity(self.names.count)
        for name in self.names {
            guard let source = UInt8(exactly: name.source).flatMap(NameSource.init) else {
                return nil
            }

            names.append(
                NameObservation(
                    source: source,
                    name: CustomerName(text: name.text, folded: name.folded),
                    observedAt: Instant(milliseconds: name.observedAtMs)
                )
            )
        }
        return names
    }

    /// `nil` when they are not what was written.
    var contactMarks: [ContactMark]? {
        let marks = self.marks.compactMap { ContactMark($0) }
        return marks.count == self.marks.count ? marks : nil
    }
}

extension ContactMark {
    fileprivate init?(_ message: Khach_Store_V1_ContactMark) {
        guard let kind = UInt8(exactly: message.kind).flatMap(ContactFinding.Kind.init),
            message.firstSeenAtMs <= message.lastSeenAtMs
        else { return nil }

        let first = Instant(milliseconds: message.firstSeenAtMs)
        self.init(
            key: ContactPoint.Key(kind: kind, value: message.value),
            seenAt: first...Instant(milliseconds: message.lastSeenAtMs),
            by: message.markedBy,
            at: Instant(milliseconds: message.markedAtMs)
        )
        self.isRejected = message.rejected
        self.isPinned = message.pinned
        self.isAdded = message.added
        self.isSupplied = message.supplied
    }
}

extension ContactBook {
    /// What texts hold: of the facts where the record does not tell it, otherwise of the record
    /// with the facts' positions; `nil` when they do not fit.
    init?(_ record: Khach_V1_Customer, _ facts: Khach_Store_V1_CustomerFacts) {
        guard facts.marks.isEmpty, facts.points.isEmpty else {
            self.init(
                phones: Self.points(.phone, of: facts),
                emails: Self.points(.email, of: facts)
            )
            return
        }
        guard let phones = Self.points(.phone, record.phones, facts.phonePositions),
            let emails = Self.points(.email, record.emails, facts.emailPositions)
        else { return nil }

        self.init(phones: phones, emails: emails)
    }

    private static func points(
        _ kind: ContactFinding.Kind,
        of facts: Khach_Store_V1_CustomerFacts
    ) -> [ContactPoint] {
        facts.points.filter { $0.kind == Int32(kind.rawValue) }.map { point in
            ContactPoint(
                key: ContactPoint.Key(kind: kind, value: point.value),
                firstSeenAt: Instant(milliseconds: point.firstSeenAtMs),
                lastSeenAt: Instant(milliseconds: point.lastSeenAtMs),
                position: point.position
            )
        }
    }

    private static func points(
        _ kind: ContactFinding.Kind,
        _ points: [Khach_V1_ContactPoint],
        _ positions: [Int32]
    ) -> [ContactPoint]? {
        guard points.count == positions.count else { return nil }

        let found = zip(points, positions).compactMap { point, position -> ContactPoint? in
            guard let first = Instant(point.firstSeenAt), let last = Instant(point.lastSeenAt)
            else { return nil }

            return ContactPoint(
                key: ContactPoint.Key(kind: kind, value: point.value),
                firstSeenAt: first,
                lastSeenAt: last,
                position: position
            )
        }
        return found.count == points.count ? found : nil
    }
}
