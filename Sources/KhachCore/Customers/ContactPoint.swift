/// A phone number or an e-mail address of a customer, which some inbound text holds (S6, S7).
package struct ContactPoint: Hashable, Sendable {
    /// What makes it one point of a customer.
    package struct Key: Hashable, Sendable {
        package var kind: ContactFinding.Kind
        /// A phone in E.164; an e-mail address in lower case.
        package var value: String

        package init(kind: ContactFinding.Kind, value: String) {
            self.kind = kind
            self.value = value
        }
    }

    package var key: Key
    /// The earliest time of the interactions that hold it.
    package var firstSeenAt: Instant
    /// The latest time of them.
    package var lastSeenAt: Instant
    /// Where the latest of them holds it: its first byte in that text.
    package var position: Int32

    package init(key: Key, firstSeenAt: Instant, lastSeenAt: Instant, position: Int32) {
        self.key = key
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
        self.position = position
    }

    /// What one interaction says of it.
    package init(_ finding: ContactFinding, at occurredAt: ClosedRange<Instant>) {
        self.init(
            key: Key(finding),
            firstSeenAt: occurredAt.lowerBound,
            lastSeenAt: occurredAt.upperBound,
            position: Int32(clamping: finding.bytes.lowerBound)
        )
    }

    /// Whether it is shown before another of its kind (§4.6): the latest seen, then the first in
    /// the text, then the least value.
    func isBetter(than other: ContactPoint) -> Bool {
        if self.lastSeenAt != other.lastSeenAt { return self.lastSeenAt > other.lastSeenAt }
        if self.position != other.position { return self.position < other.position }
        return self.key.value < other.key.value
    }

    /// Joins what another interaction says of the same point; in any order, the same (N2).
    package mutating func join(_ other: ContactPoint) {
        self.firstSeenAt = min(self.firstSeenAt, other.firstSeenAt)
        guard other.isBetter(than: self) else { return }

        self.lastSeenAt = other.lastSeenAt
        self.position = other.position
    }
}

extension ContactPoint.Key {
    package init(_ finding: ContactFinding) {
        self.init(kind: finding.kind, value: finding.value)
    }
}
