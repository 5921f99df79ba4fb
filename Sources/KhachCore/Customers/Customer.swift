/// Everyone who wrote to a page, once (domain.md S3): the state that interactions join into.
///
/// Every field but `firstRecordedAt` is a join over the set of interactions, so any order and any
/// repetition of them gives the same value (N2).
package struct Customer: Hashable, Sendable {
    package var id: CustomerID
    package var businessID: BusinessID
    package var pageID: PageID
    package var channel: Channel
    /// The channel's own id of the person on this page: opaque, compared exactly (I1).
    package var externalUserID: String
    /// The earliest interaction of either direction, by the channel's clock (S10).
    package var createdAt: Instant
    /// The server's clock when the customer was first recorded; never moves (N3).
    package var firstRecordedAt: Instant
    package var firstInboundAt: Instant?
    package var lastInboundAt: Instant?
    package var lastOutboundAt: Instant?
    /// Best first: by rank, then latest, then greatest text bytes (M1); at most
    /// `Limits.nameObservationsMax`.
    package var names: [NameObservation]
    /// What inbound texts say of how to reach them (S6, S7).
    package var contacts: ContactBook
    /// What somebody said of it; in order of kind and value, of a kind at most
    /// `Limits.contactMarksMax` by agents and `Limits.suppliedMarksMax` by the channel alone.
    package var marks: [ContactMark] = []
    package var activity = ActivityLog()
    /// By hand only (S8).
    package var address: HandEntry?
    /// Shown before every other name while its text is not empty.
    package var manualName: HandEntry?
    package var manualNameFolded = ""
    /// `nil` when never blocked.
    package var block: CustomerBlock?
    /// At most `Limits.identitiesMax`.
    package var otherIdentities: [Identity] = []

    package init(
        id: CustomerID,
        businessID: BusinessID,
        pageID: PageID,
        channel: Channel,
        externalUserID: String,
        createdAt: Instant,
        firstRecordedAt: Instant,
        firstInboundAt: Instant? = nil,
        lastInboundAt: Instant? = nil,
        lastOutboundAt: Instant? = nil,
        names: [NameObservation] = [],
        contacts: ContactBook = ContactBook()
    ) {
        self.id = id
        self.businessID = businessID
        self.pageID = pageID
        self.channel = channel
        self.externalUserID = externalUserID
        self.createdAt = createdAt
        self.firstRecordedAt = firstRecordedAt
        self.firstInboundAt = firstInboundAt
        self.lastInboundAt = lastInboundAt
        self.lastOutboundAt = lastOutboundAt
        self.names = names
        self.contacts = contacts
    }

    /// The name to show, or `nil` when only a placeholder can be shown (M1, M3).
    package var name: NameObservation? {
        guard let manual = self.manualName, !manual.text.isEmpty else { return self.names.first }

        return NameObservation(
            source: .manual,
            name: CustomerName(text: manual.text, folded: self.manualNameFolded),
            observedAt: manual.updatedAt
        )
    }

    /// How far `name` can be trusted (M2).
    package var nameStatus: NameStatus {
        switch self.name?.source {
        case nil: .placeholder
        case .masked: .masked
        case .username: .username
        case .sharedForm, .event, .profile, .manual: .real
        }
    }

    /// Every id of the person on the page, the first one first.
    package var identities: [Identity] {
        [Identity(kind: Identity.ordinaryKind, externalUserID: self.externalUserID)]
            + self.otherIdentities
    }
}
