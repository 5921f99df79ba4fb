/// A phone number or an e-mail address that a text holds, and where.
package struct ContactFinding: Hashable, Sendable {
    package enum Kind: UInt8, Hashable, Sendable {
        case phone = 1
        case email = 2
    }

    package var kind: Kind
    /// A phone in E.164, such as "+84912345678"; an e-mail address in lower case.
    package var value: String
    /// Where it is first written: UTF-8 bytes of the text as it was given.
    package var bytes: Range<Int>
    /// The rule that accepted it.
    package var rule: ContactRule
    /// The `ContactDetector.version` that found it.
    package var detectorVersion: String

    package init(
        kind: Kind,
        value: String,
        bytes: Range<Int>,
        rule: ContactRule,
        detectorVersion: String
    ) {
        self.kind = kind
        self.value = value
        self.bytes = bytes
        self.rule = rule
        self.detectorVersion = detectorVersion
    }
}

/// The form in which a contact was written (domain.md P4, E1).
///
/// Raw values are stored: append only.
package enum ContactRule: String, Hashable, Sendable, CaseIterable {
    /// `0912 345 678`
    case national = "P4.national"
    /// `028 3822 1234`
    case landline = "P4.landline"
    /// `0168 123 4567`, which is called +84381234567 today
    case migrated = "P4.migrated"
    /// `84912345678`
    case country = "P4.country"
    /// `+84912345678`, `0084…`, `+84 (0)912…`
    case international = "P4.international"
    /// `+65 9123 4567`
    case foreign = "P4.foreign"
    /// `(04) 3936 1234`
    case bracketed = "P4.bracketed"
    /// `sđt 912345678`
    case cued = "P4.cued"
    case email = "E1.email"
    /// Not in a text: the channel supplied it (§2.4)
    case supplied = "2.4.supplied"
}

/// What one text gave, and what it took.
package struct ContactScan: Hashable, Sendable {
    /// In the order in which they first appear, without repetition (P10, E6).
    package var findings: [ContactFinding] = []
    package var effort = ContactEffort()
}

/// The work that one text made, counted instead of timed.
package struct ContactEffort: Hashable, Sendable {
    /// Visits of a byte, a unit or a group of digits, in any pass.
    package var steps = 0
    /// Questions to the validity function; at most `ContactDetector.validationsMax`.
    package var validations = 0
    /// Whether phones were left out because there were more than that.
    package var isCut = false

    package init(steps: Int = 0) {
        self.steps = steps
    }
}
