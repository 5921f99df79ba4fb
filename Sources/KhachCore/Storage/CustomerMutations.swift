/// What people, gateways and agents change of customers.
///
/// Every write has been committed to disk, with its line in the audit, when it returns. An id of a
/// customer that was linked means the one that stayed. A request whose name is known changes
/// nothing more and has the same answer; with another fingerprint it throws `requestReused`.
package protocol CustomerMutations: Sendable {
    /// Throws `notFound`.
    func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> EditAnswer

    /// One answer for each item, in order; never fails for what one item is.
    ///
    /// All are of the business of the first that there is: another's customers are not found (S14).
    func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [BlockAnswer]

    /// Throws `notFound` for either customer.
    func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> LinkAnswer

    /// Forgets a customer: nothing personal of it is left; returns the tombstone's sequence, also
    /// of one that was erased before. Throws `notFound`.
    func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> CommitSequence

    /// One outcome for each profile, in order.
    func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant
    ) async throws(StoreError) -> [ProfileOutcome]
}

/// A customer as it is after an edit, or why there was none.
package enum EditAnswer: Hashable, Sendable {
    case done(StoredCustomer)
    case refused(EditRefusal)
}

/// One customer of a batch of blocks.
package struct BlockItem: Hashable, Sendable {
    package var id: CustomerID
    package var action: BlockRules.Action
    package var reason: String

    package init(id: CustomerID, action: BlockRules.Action, reason: String) {
        self.id = id
        self.action = action
        self.reason = reason
    }
}

/// What became of one customer of a batch.
package struct BlockAnswer: Hashable, Sendable {
    /// Raw values are stored.
    package enum Result: UInt8, Hashable, Sendable {
        case done = 1
        case pending = 2
        case noChange = 3
        case failed = 4
    }

    package var result: Result
    /// Set when it failed.
    package var refusal: BlockRules.Refusal?
    /// `nil` when there is no such customer.
    package var state: CustomerBlock.State?

    package init(
        result: Result,
        refusal: BlockRules.Refusal? = nil,
        state: CustomerBlock.State?
    ) {
        self.result = result
        self.refusal = refusal
        self.state = state
    }

    package static let unknownCustomer = BlockAnswer(
        result: .failed,
        refusal: .notFound,
        state: nil
    )

    /// Whether the customer's state is another now.
    package var isChange: Bool { self.result == .done || self.result == .pending }
}

/// What a customer is linked with.
package enum LinkTarget: Hashable, Sendable {
    case customer(CustomerID)
    /// An id of the channel on the customer's page; when it is another customer's, that one.
    case identity(Identity)
}

package enum LinkAnswer: Hashable, Sendable {
    /// The customer that stayed, and the one that is gone.
    case linked(StoredCustomer, gone: CustomerID?)
    case differentPages
    /// `Limits.identitiesMax` ids already.
    case tooManyIdentities
}

/// What a channel says of a person apart from any conversation (S25).
package struct ProfileObservation: Hashable, Sendable {
    package var page: PageKey
    package var externalUserID: String
    package var observedAt: Instant
    package var nameHints: [Interaction.NameHint]
    /// E.164.
    package var phone: String?

    package init(
        page: PageKey,
        externalUserID: String,
        observedAt: Instant,
        nameHints: [Interaction.NameHint],
        phone: String?
    ) {
        self.page = page
        self.externalUserID = externalUserID
        self.observedAt = observedAt
        self.nameHints = nameHints
        self.phone = phone
    }
}

package enum ProfileOutcome: Hashable, Sendable {
    case applied(CustomerID)
    /// Nobody of that id wrote to the page yet (N4).
    case unknownCustomer
    case unknownPage
}

extension Customer {
    /// Joins what a channel says of the person.
    package mutating func join(_ profile: ProfileObservation, on page: Page, now: Instant) {
        let latest = now.milliseconds + Limits.clockAheadMillisecondsMax
        let isBelievable =
            profile.observedAt >= Limits.occurredAtMin && profile.observedAt.milliseconds <= latest
        let at = isBelievable ? profile.observedAt : now
        for hint in profile.nameHints {
            guard let name = NameRules.observation(hint, at: at) else { continue }

            NameRules.join(name, into: &self.names)
        }
        guard let phone = profile.phone else { return }

        let key = ContactPoint.Key(kind: .phone, value: phone)
        guard !page.ownContacts.contains(key) else { return }

        self.join(supplied: key, at: at)
    }
}
