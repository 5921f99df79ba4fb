internal import KhachCore

/// Interactions: what is kept of an event, and which customer it is joined into.
///
/// A new event costs a look for its key and a row at the end of its table.
extension WriteSession {
    func record(
        _ interactions: [Interaction],
        now: Instant
    ) throws(StoreError) -> [InteractionOutcome] {
        var outcomes: [InteractionOutcome] = []
        outcomes.reserveCapacity(interactions.count)
        for interaction in interactions {
            guard let page = try self.page(interaction.page) else {
                outcomes.append(InteractionOutcome(result: .unknownPage))
                continue
            }
            outcomes.append(try self.record(interaction, on: page, now: now))
        }
        return outcomes
    }

    private func record(
        _ interaction: Interaction,
        on page: Page,
        now: Instant
    ) throws(StoreError) -> InteractionOutcome {
        let key = ExternalID(page.id, interaction.eventKey)
        let calendar = try self.calendar(of: page.businessID)
        guard let rowID = try self.interaction(key) else {
            let entry = try self.author(of: interaction, page)
            let decision = self.decide(interaction, page, nil, entry, calendar, now)
            try self.insert(decision, key, entry)
            return decision.outcome
        }

        let known = try self.register(rowID)
        let entry =
            if let id = known.customerID {
                try self.entry(id)
            } else {
                try self.author(of: interaction, page)
            }
        var decision = self.decide(interaction, page, known, entry, calendar, now)
        if rowID <= self.droppedRow {
            // As old as what is no longer kept.
            decision.register.text = ""
        }
        if decision.register != known {
            try self.store(decision.register, rowID, after: known)
        }
        let isChained = known.customerID == nil && decision.register.customerID != nil
        if isChained {
            self.statements.chainInteraction.bind(1, rowID)
            self.statements.chainInteraction.bind(2, entry?.lastInteraction ?? 0)
            try self.statements.chainInteraction.run()
        }
        try self.adopt(decision, entry, chained: isChained ? rowID : nil)
        return decision.outcome
    }

    private func author(
        of interaction: Interaction,
        _ page: Page
    ) throws(StoreError) -> CustomerEntry? {
        guard let author = Recording.author(of: interaction) else { return nil }

        return try self.entry(page.id, author)
    }

    /// Writes a register in the place of what was stored.
    func store(
        _ register: InteractionRegister,
        _ rowID: Int64,
        after known: InteractionRegister
    ) throws(StoreError) {
        let update = self.statements.updateInteraction
        update.bind(1, rowID)
        try self.bind(register, to: update) { () throws(StoreError) in try update.run() }
        try self.replaceObservations(of: known, by: register, rowID)
    }

    private func decide(
        _ interaction: Interaction,
        _ page: Page,
        _ register: InteractionRegister?,
        _ entry: CustomerEntry?,
        _ calendar: LocalCalendar,
        _ now: Instant
    ) -> Recording.Decision {
        Recording.decide(
            interaction,
            on: page,
            register: register,
            customer: entry?.customer,
            calendar: calendar,
            now: now,
            newID: { CustomerID(rawValue: self.nextIdentifier(now: now)) }
        )
    }

    // MARK: Registers

    /// Writes the register of an event that was never told, and joins it into its customer.
    private func insert(
        _ decision: Recording.Decision,
        _ key: ExternalID,
        _ entry: CustomerEntry?
    ) throws(StoreError) {
        let isSomebodys = decision.register.customerID != nil
        let insert = self.statements.insertInteraction
        insert.bind(1, key.page.rawValue)
        insert.bind(17, isSomebodys ? entry?.lastInteraction ?? 0 : 0)
        try key.text.lend { (eventKey) throws(StoreError) in
            insert.bind(2, text: eventKey)
            try self.bind(decision.register, to: insert) { () throws(StoreError) in
                try insert.run()
            }
        }
        let rowID = self.database.lastRowID
        self.eventKeys.add(key, rowID)
        if !decision.register.contacts.isEmpty {
            try self.insertObservations(of: decision.register, rowID)
        }
        try self.adopt(decision, entry, chained: isSomebodys ? rowID : nil)
    }

    /// Binds a register to positions 3 to 16 and calls `run` while its bytes are lent.
    @inline(__always)
    private func bind(
        _ register: InteractionRegister,
        to statement: Statement,
        _ run: () throws(StoreError) -> Void
    ) throws(StoreError) {
        if let customer = register.customerID {
            statement.bind(3, customer.rawValue)
        } else {
            statement.bindNull(3)
        }
        statement.bind(4, Int64(register.direction.rawValue))
        statement.bind(5, Int64(register.kind.rawValue))
        statement.bind(8, register.occurredAt?.lowerBound)
        statement.bind(9, register.occurredAt?.upperBound)
        statement.bind(10, register.receivedAt)
        statement.bind(11, Int64(bitPattern: register.revision))
        statement.bind(12, Int64(register.state.rawValue))
        statement.bind(15, Int64(register.contacts.count))
        statement.bind(16, register.isIgnored ? 1 : 0)
        try register.conversationKey.lend { (conversation) throws(StoreError) in
            statement.bind(6, text: conversation)
            try register.postID.lend { (post) throws(StoreError) in
                statement.bind(7, text: post)
                try register.text.lend { (text) throws(StoreError) in
                    statement.bind(13, text: text)
                    guard !register.pendingNames.isEmpty else {
                        statement.bindNull(14)
                        return try run()
                    }

                    let names = PendingNames.encode(register.pendingNames)
                    try names.lend { (names) throws(StoreError) in
                        statement.bind(14, blob: names)
                        try run()
                    }
                }
            }
        }
    }

    /// The register in a row that is there.
    func register(_ rowID: Int64) throws(StoreError) -> InteractionRegister {
        let select = self.statements.selectInteraction
        select.bind(1, rowID)
        guard try select.step() else {
            throw StoreError(.corrupt, "a row of a known event key expected, none found")
        }

        defer { select.reset() }
        guard var register = InteractionRegister(row: select) else {
            throw StoreError(.corrupt, "a register expected, a row that is none found")
        }

        register.contacts = try self.observations(rowID, count: select.integer(13))
        return register
    }
}

extension InteractionRegister {
    /// Reads a row of `selectInteraction`; `nil` when it cannot be one.
    fileprivate init?(row: Statement) {
        guard let direction = UInt8(exactly: row.integer(2)).flatMap(Interaction.Direction.init),
            let kind = UInt8(exactly: row.integer(3)).flatMap(Interaction.Kind.init),
            let state = UInt8(exactly: row.integer(10)).flatMap(State.init),
            let pendingNames = PendingNames.decode(Array(row.bytes(12)))
        else { return nil }

        var occurredAt: ClosedRange<Instant>?
        if !row.isNull(6) {
            guard row.instant(6) <= row.instant(7) else { return nil }

            occurredAt = row.instant(6)...row.instant(7)
        }
        self.init(
            direction: direction,
            kind: kind,
            conversationKey: row.text(4),
            postID: row.text(5),
            occurredAt: occurredAt,
            receivedAt: row.instant(8),
            revision: UInt64(bitPattern: row.integer(9)),
            state: state,
            text: row.text(11),
            customerID: row.isNull(1) ? nil : CustomerID(rawValue: row.integer(1)),
            pendingNames: pendingNames,
            isIgnored: row.integer(14) != 0
        )
    }
}
