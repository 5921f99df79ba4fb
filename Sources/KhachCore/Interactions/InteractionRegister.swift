/// What is kept of one event of a page: a register that its deliveries are joined into.
///
/// The highest revision gives state, text and contacts; times and names are joins over every
/// delivery that is not a removal. So the register is a function of the set of deliveries (N2).
package struct InteractionRegister: Hashable, Sendable {
    package enum State: UInt8, Hashable, Sendable {
        case live = 1
        case edited = 2
        case removed = 3
        /// Its customer was erased: the key is remembered, and nothing else.
        case erased = 4
    }

    package var direction: Interaction.Direction
    package var kind: Interaction.Kind
    package var conversationKey: String
    package var postID: String
    /// The earliest and latest believed times of its creation and edits; `nil` while only
    /// removals arrived.
    package var occurredAt: ClosedRange<Instant>?
    /// The server's clock at its first delivery.
    package var receivedAt: Instant
    package var revision: UInt64
    package var state: State
    /// At most `Limits.interactionTextBytesMax`; empty once removed (N6).
    package var text: String
    /// What was found in `text`; at most `Limits.contactsPerTextMax`.
    package var contacts: [ContactFinding]
    /// `nil`: unattributed (I3).
    package var customerID: CustomerID?
    /// Names that came while it was unattributed.
    package var pendingNames: [NameObservation]
    /// It began while its customer was blocked: it is remembered and counts for nothing (N7).
    package var isIgnored: Bool

    package init(
        direction: Interaction.Direction,
        kind: Interaction.Kind,
        conversationKey: String,
        postID: String,
        occurredAt: ClosedRange<Instant>?,
        receivedAt: Instant,
        revision: UInt64,
        state: State,
        text: String,
        contacts: [ContactFinding] = [],
        customerID: CustomerID?,
        pendingNames: [NameObservation],
        isIgnored: Bool = false
    ) {
        self.direction = direction
        self.kind = kind
        self.conversationKey = conversationKey
        self.postID = postID
        self.occurredAt = occurredAt
        self.receivedAt = receivedAt
        self.revision = revision
        self.state = state
        self.text = text
        self.contacts = contacts
        self.customerID = customerID
        self.pendingNames = pendingNames
        self.isIgnored = isIgnored
    }

    /// The register that a first delivery opens; its time and names are not yet joined.
    init(opening interaction: Interaction, on page: Page, receivedAt: Instant) {
        self.init(
            direction: interaction.direction,
            kind: interaction.kind,
            conversationKey: interaction.conversationKey,
            postID: interaction.postID,
            occurredAt: nil,
            receivedAt: receivedAt,
            revision: interaction.revision,
            state: Self.state(of: interaction.operation),
            text: Self.text(of: interaction),
            contacts: Self.contacts(of: interaction, on: page),
            customerID: nil,
            pendingNames: []
        )
    }

    /// Takes revision, state, text and contacts of a higher revision.
    mutating func supersede(with interaction: Interaction, on page: Page) {
        self.revision = interaction.revision
        self.state = Self.state(of: interaction.operation)
        self.text = Self.text(of: interaction)
        self.contacts = Self.contacts(of: interaction, on: page)
    }

    /// Takes what describes the event.
    ///
    /// The first delivery that is not a removal decides it.
    mutating func describe(by interaction: Interaction) {
        self.direction = interaction.direction
        self.kind = interaction.kind
        self.conversationKey = interaction.conversationKey
        self.postID = interaction.postID
    }

    mutating func join(_ instant: Instant) {
        guard let known = self.occurredAt else {
            self.occurredAt = instant...instant
            return
        }
        self.occurredAt = min(known.lowerBound, instant)...max(known.upperBound, instant)
    }

    private static func state(of operation: Interaction.Operation) -> State {
        switch operation {
        case .create: .live
        case .edit: .edited
        case .remove: .removed
        }
    }

    private static func text(of interaction: Interaction) -> String {
        interaction.operation == .remove ? "" : Interaction.keptText(interaction.text)
    }

    /// Only what a customer writes says how to reach the customer (P11), and never the page's own
    /// (N8).
    private static func contacts(of interaction: Interaction, on page: Page) -> [ContactFinding] {
        guard interaction.operation != .remove, interaction.direction == .inbound,
            !interaction.contacts.isEmpty
        else { return [] }

        let found = interaction.contacts.filter { !page.isOwn($0) }
        return Array(found.prefix(Limits.contactsPerTextMax))
    }

    /// Whether it counts for its customer: it arose, and not in a block (N7).
    package var counts: Bool { self.occurredAt != nil && !self.isIgnored }

    /// When it began.
    package var beganAt: Instant? { self.occurredAt?.lowerBound }

    /// The post of a comment, whose conversation it belongs to (S3).
    package var conversationPost: String? {
        self.kind == .comment && self.counts && self.customerID != nil ? self.postID : nil
    }
}
