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
        /// Everything that interactions say of the customer is to be made anew from its registers:
        /// an event moved into a block.
        package var needsRebuild = false
        /// When the event began by what was known before, if that is of another day: what it alone
        /// gave that day is to be taken back by the store, which knows the other events.
        package var movedFrom: Instant?
        /// The register is new to its customer, and its conversation by comment is to be counted.
        package var isNewComment = false
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
        customer: consuming Customer?,
        calendar: LocalCalendar,
        now: Instant,
        newID: () -> CustomerID
    ) -> Decision {
        if let register, register.state == .erased {
            return Decision(register: register, outcome: InteractionOutcome(result: .duplicate))
        }
        let author = self.author(of: interaction)
        var next = register ?? InteractionRegister(opening: interaction, on: page, receivedAt: now)
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
            next.supersede(with: interaction, on: page)
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

        if next.customerID == nil, customer == nil, let author {
            customer = Customer(
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
        next.customerID = next.customerID ?? customer?.id
        outcome.customerID = next.customerID
        return self.joined(next, into: customer, after: register, outcome, calendar)
    }

    /// Joins an event that has a customer into it, unless it began in a block (N7).
    private static func joined(
        _ event: consuming InteractionRegister,
        into customer: consuming Customer?,
        after known: InteractionRegister?,
        _ outcome: InteractionOutcome,
        _ calendar: LocalCalendar
    ) -> Decision {
        event.isIgnored = self.isIgnored(event, customer?.block)
        let wasCounted = known.map { $0.customerID != nil && $0.counts } ?? false
        guard !event.isIgnored || wasCounted else {
            event.pendingNames = []
            var outcome = outcome
            outcome.result = .ignoredBlocked
            return Decision(register: event, outcome: outcome)
        }

        var decision = Decision(register: event, customer: customer, outcome: outcome)
        let unsure = decision.customer?.join(decision.register, calendar) ?? []
        decision.register.pendingNames = []
        decision.recount = self.superseded(known, by: decision.register) + unsure
        decision.isNewComment = !wasCounted && decision.register.conversationPost != nil
        decision.needsRebuild = wasCounted && decision.register.isIgnored
        if wasCounted, !decision.register.isIgnored {
            decision.movedFrom = self.dayLeft(by: decision.register, after: known, calendar)
        }
        return decision
    }

    private static func isIgnored(_ event: InteractionRegister, _ block: CustomerBlock?) -> Bool {
        guard event.direction == .inbound, let beganAt = event.beganAt, let block else {
            return false
        }

        return block.covers(beganAt)
    }

    /// When an event began before that begins on an earlier day now; times only ever widen.
    private static func dayLeft(
        by next: InteractionRegister,
        after known: InteractionRegister?,
        _ calendar: LocalCalendar
    ) -> Instant? {
        guard let before = known?.beganAt, let after = next.beganAt, before != after,
            calendar.day(before) != calendar.day(after)
        else { return nil }

        return before
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
        guard let known, known.customerID != nil, !known.isIgnored,
            known.contacts != next.contacts
        else { return [] }

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

extension Recording {
    /// Puts what a detector found in a register's text in the place of what was found before.
    package static func redetected(
        _ register: InteractionRegister,
        on page: Page,
        findings: [ContactFinding]
    ) -> Decision {
        var next = register
        next.contacts = Array(
            findings.filter { !page.isOwn($0) }.prefix(Limits.contactsPerTextMax)
        )
        var decision = Decision(
            register: next,
            outcome: InteractionOutcome(result: .applied, customerID: register.customerID)
        )
        guard register.counts, register.customerID != nil else { return decision }

        let keys = (register.contacts + next.contacts).map { ContactPoint.Key($0) }
        decision.recount = Array(Set(keys))
        return decision
    }
}
