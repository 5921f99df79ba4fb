/// A text that can be a name: already NFC, trimmed, not invisible, at most 200 code points
/// (domain.md M1, M8), with its folding for search (§4.8).
///
/// The cleaning and folding are one C implementation shared with the clients; the caller has run
/// it. Whether the text is a placeholder or masked is decided here, in `NameRules`.
package struct CustomerName: Hashable, Sendable {
    package var text: String
    package var folded: String

    package init(text: String, folded: String) {
        self.text = text
        self.folded = folded
    }
}

/// Where a name was observed.
///
/// Raw values are ranks: the highest wins (domain.md §4.5).
package enum NameSource: UInt8, Hashable, Sendable, CaseIterable {
    case masked = 20
    case username = 30
    case sharedForm = 40
    case event = 45
    case profile = 50
    case manual = 60
}

/// How far a name can be trusted (M2).
///
/// Raw values are those of `khach.v1.NameStatus`.
package enum NameStatus: UInt8, Hashable, Sendable {
    case real = 1
    case username = 2
    case masked = 3
    case placeholder = 4
}

/// The latest time that one source gave one text.
package struct NameObservation: Hashable, Sendable {
    package var source: NameSource
    package var name: CustomerName
    package var observedAt: Instant

    package init(source: NameSource, name: CustomerName, observedAt: Instant) {
        self.source = source
        self.name = name
        self.observedAt = observedAt
    }
}
