/// What interactions say of a customer (N2).
extension Customer {
    /// Joins an event: its times by its direction, the names that came with it, its day, and its
    /// contacts.
    ///
    /// Returns the contact points that the customer cannot tell. A conversation by comment is
    /// counted by the store, which knows the other events of the post.
    mutating func join(
        _ event: InteractionRegister,
        _ calendar: LocalCalendar
    ) -> [ContactPoint.Key] {
        for name in event.pendingNames {
            NameRules.join(name, into: &self.names)
        }
        guard let occurredAt = event.occurredAt, !event.isIgnored else { return [] }

        self.joinTimes(of: event, occurredAt)
        self.activity.join(event, at: occurredAt.lowerBound, calendar)
        return event.contacts.compactMap { finding in
            let point = ContactPoint(finding, at: occurredAt)
            return self.contacts.join(point) ? nil : point.key
        }
    }

    /// Makes everything that interactions say anew, from all of the customer's registers.
    ///
    /// Names stay: what was observed was observed. Of no register that counts, nothing changes but
    /// days and contacts.
    package mutating func rebuild(
        from registers: some Sequence<InteractionRegister>,
        _ calendar: LocalCalendar
    ) {
        var points: [ContactPoint] = []
        for register in registers where register.counts {
            guard let occurredAt = register.occurredAt else { continue }

            points += register.contacts.map { ContactPoint($0, at: occurredAt) }
        }
        self.rebuildActivity(from: registers, calendar)
        self.contacts.replace(.phone, joining: points)
        self.contacts.replace(.email, joining: points)
    }

    /// The same without contacts, which a store can join by itself.
    package mutating func rebuildActivity(
        from registers: some Sequence<InteractionRegister>,
        _ calendar: LocalCalendar
    ) {
        var fresh = self
        fresh.activity = ActivityLog()
        fresh.firstInboundAt = nil
        fresh.lastInboundAt = nil
        fresh.lastOutboundAt = nil
        var createdAt: Instant?
        var posts: [[UInt8]: Instant] = [:]
        for register in registers where register.counts {
            guard let occurredAt = register.occurredAt else { continue }

            let began = occurredAt.lowerBound
            createdAt = createdAt.map { min($0, began) } ?? began
            fresh.joinTimes(of: register, occurredAt)
            fresh.activity.join(register, at: began, calendar)
            if register.kind == .comment {
                posts[Array(register.postID.utf8), default: began] =
                    min(posts[Array(register.postID.utf8)] ?? began, began)
            }
        }
        for began in posts.values.sorted(by: >) {
            fresh.activity.joinConversation(earliest: [began], at: began, calendar)
        }
        fresh.createdAt = createdAt ?? self.createdAt
        self = fresh
    }

    private mutating func joinTimes(of event: InteractionRegister, _ at: ClosedRange<Instant>) {
        let (earliest, latest) = (at.lowerBound, at.upperBound)
        self.createdAt = min(self.createdAt, earliest)
        switch event.direction {
        case .inbound:
            self.firstInboundAt = self.firstInboundAt.map { min($0, earliest) } ?? earliest
            self.lastInboundAt = self.lastInboundAt.map { max($0, latest) } ?? latest
        case .outbound:
            self.lastOutboundAt = self.lastOutboundAt.map { max($0, latest) } ?? latest
        }
    }
}
