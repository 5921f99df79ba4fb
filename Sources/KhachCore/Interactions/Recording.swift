/// The rules by which a delivery changes the register of its event and its customer
/// (domain.md I2, I3, N1 to N6).
///
/// A pure function: what is stored and what arrived go in, what is to be stored comes out.
package enum Recording {
    /// What is to be stored, and what to answer.
    package struct Decision: Hashable, Sendable {
        package var register: InteractionRegister
        /// The customer with the delivery joined into it; `nil` when it concerns none.
        package var customer: Customer?
        package var outcome: InteractionOutcome
        /// The customer's contact points that are to be made anew from all its registers, this
        /// one among them, since a join cannot tell them.
        package var recount: [ContactPoint.Key] = []
    }

    /// The person whom a delivery makes the author, or `nil`: nobody is named (I3), the page
    /// itself is (I2), or it is a removal, which attributes nothing.
    package static func author(of interaction: Interaction) -> String? {
        guard interaction.operation != .remove else { return nil }

        return self.namedUser(of: interaction)
    }

    /// Decides one delivery.
    ///
    /// - Parameters:
    ///   - register: what is stored under the page and the event key.
    ///   - customer: the register's customer; when it has none, that of the delivery's `author`.
    ///   - newID: asked once when a customer is to be made.
    package static func decide(
        _ interaction: Interaction,
        on page: Page,
        register: InteractionRegister?,
        customer: Customer?,
        now: Instant,
        newID: () -> CustomerID
    ) -> Decision {
        let author = self.author(of: interaction)
        var next = register ?? InteractionRegister(opening: interaction, receivedAt: now)
        let isStale = register != nil && interaction.revision < next.revision
        if let register, interaction.revision == register.revision,
            register.customerID != nil || author == nil
        {
            return Decision(
                register: register,
                outcome: InteractionOutcome(result: .duplicate, customerID: register.customerID)
            )
        }
        if interaction.revision > next.revision {
            next.supersede(with: interaction)
        }
        guard interaction.operation != .remove else {
            return self.removal(interaction, next, customer, after: register, isStale: isStale)
        }
        if next.occurredAt == nil {
            next.describe(by: interaction)
        }
        let (at, isClamped) = self.believed(interaction.occurredAt, next.receivedAt, now)
        next.join(at)
        for hint in interaction.nameHints {
            guard let name = NameRules.observation(hint, at: at) else { continue }

            NameRules.join(name, into: &next.pendingNames)
        }
        var outcome = InteractionOutcome(
            result: isStale ? .staleRevision : .applied,
            clockClamped: isClamped
        )
        guard next.customerID != nil || author != nil else {
            outcome.result = isStale ? .staleRevision : .unattributed
            return Decision(register: next, outcome: outcome)
        }

        var joined = customer
        if next.customerID == nil, joined == nil, let author {
            joined = Customer(
                id: newID(),
                businessID: page.businessID,
                pageID: page.id,
                channel: page.key.channel,
                externalUserID: author,
                createdAt: at,
                firstRecordedAt: now
            )
            outcome.result = .createdCustomer
        }
        next.customerID = next.customerID ?? joined?.id
        outcome.customerID = next.customerID
        let unsure = joined?.join(next) ?? []
        next.pendingNames = []
        return Decision(
            register: next,
            customer: joined,
            outcome: outcome,
            recount: self.superseded(register, by: next) + unsure
        )
    }

    /// A removal gives no time, no name and no customer: the conversation did arise; it only takes
    /// the text with what was found in it (N6).
    private static func removal(
        _ interaction: Interaction,
        _ register: InteractionRegister,
        _ customer: Customer?,
        after known: InteractionRegister?,
        isStale: Bool
    ) -> Decision {
        let isNobodys = register.customerID == nil && self.namedUser(of: interaction) == nil
        let retracted = self.superseded(known, by: register)
        return Decision(
            register: register,
            customer: retracted.isEmpty ? nil : customer,
            outcome: InteractionOutcome(
                result: isStale ? .staleRevision : isNobodys ? .unattributed : .applied,
                customerID: register.customerID
            ),
            recount: retracted
        )
    }

    /// What a customer had of a register that now says something else (N6).
    private static func superseded(
        _ known: InteractionRegister?,
        by next: InteractionRegister
    ) -> [ContactPoint.Key] {
        guard let known, known.customerID != nil, known.contacts != next.contacts else { return [] }

        return known.contacts.map { ContactPoint.Key($0) }
    }

    private static func namedUser(of interaction: Interaction) -> String? {
        guard let user = interaction.externalUserID, !user.isEmpty,
            !user.utf8.elementsEqual(interaction.page.externalPageID.utf8)
        else { return nil }

        return user
    }

    /// The channel's clock, or the server's at the first delivery when that cannot be true (N5).
    ///
    /// The first delivery's clock, so that a repetition changes nothing.
    private static func believed(
        _ occurredAt: Instant,
        _ receivedAt: Instant,
        _ now: Instant
    ) -> (Instant, isClamped: Bool) {
        let latest = now.milliseconds + Limits.clockAheadMillisecondsMax
        guard occurredAt >= Limits.occurredAtMin, occurredAt.milliseconds <= latest else {
            return (receivedAt, true)
        }

        return (occurredAt, false)
    }
}

extension Customer {
    /// Joins an event: its times by its direction, the names that came with it, and its contacts
    /// (N2).
    ///
    /// Returns the contact points that the customer cannot tell.
    mutating func join(_ event: InteractionRegister) -> [ContactPoint.Key] {
        for name in event.pendingNames {
            NameRules.join(name, into: &self.names)
        }
        guard let occurredAt = event.occurredAt else { return [] }

        let (earliest, latest) = (occurredAt.lowerBound, occurredAt.upperBound)
        self.createdAt = min(self.createdAt, earliest)
        switch event.direction {
        case .inbound:
            self.firstInboundAt = self.firstInboundAt.map { min($0, earliest) } ?? earliest
            self.lastInboundAt = self.lastInboundAt.map { max($0, latest) } ?? latest
        case .outbound:
            self.lastOutboundAt = self.lastOutboundAt.map { max($0, latest) } ?? latest
        }
        return event.contacts.compactMap { finding in
            let point = ContactPoint(finding, at: occurredAt)
            return self.contacts.join(point) ? nil : point.key
        }
    }
}
