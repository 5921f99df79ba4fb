/// One message or comment, or an edit or removal of one, whose fields were checked
/// (domain.md §4.3).
package struct Interaction: Hashable, Sendable {
    package enum Direction: UInt8, Hashable, Sendable {
        case inbound = 1
        case outbound = 2
    }

    package enum Kind: UInt8, Hashable, Sendable {
        case message = 1
        case comment = 2
    }

    package enum Operation: UInt8, Hashable, Sendable {
        case create = 1
        case edit = 2
        case remove = 3
    }

    package struct NameHint: Hashable, Sendable {
        package var source: NameSource
        package var name: CustomerName

        package init(source: NameSource, name: CustomerName) {
            self.source = source
            self.name = name
        }
    }

    package var page: PageKey
    package var eventKey: String
    /// `nil`: unattributed (I3).
    package var externalUserID: String?
    package var direction: Direction
    package var kind: Kind
    package var conversationKey: String
    package var postID: String
    /// As the channel said it; clock sanity (N5) is applied when it is recorded.
    package var occurredAt: Instant
    package var text: String
    /// What was found in `text`, cut as it is kept; only of inbound ones it counts (P11).
    package var contacts: [ContactFinding]
    package var nameHints: [NameHint]
    package var operation: Operation
    package var revision: UInt64

    package init(
        page: PageKey,
        eventKey: String,
        externalUserID: String?,
        direction: Direction,
        kind: Kind,
        conversationKey: String = "",
        postID: String = "",
        occurredAt: Instant,
        text: String = "",
        contacts: [ContactFinding] = [],
        nameHints: [NameHint] = [],
        operation: Operation = .create,
        revision: UInt64 = 0
    ) {
        self.page = page
        self.eventKey = eventKey
        self.externalUserID = externalUserID
        self.direction = direction
        self.kind = kind
        self.conversationKey = conversationKey
        self.postID = postID
        self.occurredAt = occurredAt
        self.text = text
        self.contacts = contacts
        self.nameHints = nameHints
        self.operation = operation
        self.revision = revision
    }

    /// What is kept of a text: it is cut between two characters of Unicode, never inside one (N9).
    package static func keptText(_ text: String) -> String {
        guard text.utf8.count > Limits.interactionTextBytesMax else { return text }

        var end = text.utf8.index(text.startIndex, offsetBy: Limits.interactionTextBytesMax)
        while text.utf8[end] & 0b1100_0000 == 0b1000_0000 {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}

/// What became of one interaction.
package struct InteractionOutcome: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        case createdCustomer
        case applied
        case duplicate
        case staleRevision
        case ignoredBlocked
        case unattributed
        /// No page with that channel and external id exists.
        case unknownPage
    }

    package var result: Result
    package var customerID: CustomerID?
    /// `occurredAt` was not believable and was replaced (N5).
    package var clockClamped: Bool

    package init(result: Result, customerID: CustomerID? = nil, clockClamped: Bool = false) {
        self.result = result
        self.customerID = customerID
        self.clockClamped = clockClamped
    }
}
