internal import KhachCore

/// What interactions say of a customer, made anew from all of them: where a join cannot tell.
extension WriteSession {
    /// Counts the conversation by comment that a register is new to.
    func joinConversation(
        of register: InteractionRegister,
        into entry: CustomerEntry
    ) throws(StoreError) {
        guard let post = register.conversationPost, let began = register.beganAt else { return }

        let earliest = try self.earliest(of: post, entry.customer.id)
        let calendar = try self.calendar(of: entry.customer.businessID)
        entry.customer.activity.joinConversation(earliest: earliest, at: began, calendar)
    }

    func rebuild(_ entry: CustomerEntry) throws(StoreError) {
        var registers: [InteractionRegister] = []
        let select = self.mutations.selectRegisters
        select.bind(1, entry.lastInteraction)
        while try select.step() {
            guard let register = InteractionRegister(summary: select, of: entry.customer.id) else {
                select.reset()
                throw StoreError(.corrupt, "a register expected, a row that is none found")
            }

            registers.append(register)
        }
        let calendar = try self.calendar(of: entry.customer.businessID)
        entry.customer.rebuildActivity(from: registers, calendar)
        try self.recount(.phone, of: &entry.customer)
        try self.recount(.email, of: &entry.customer)
        entry.needsRebuild = false
        entry.recount.removeAll()
    }

    /// Makes every customer of a business anew, for its days are counted otherwise now.
    func rebuildCustomers(of business: BusinessID) throws(StoreError) {
        try self.writeTouched()
        var last: Int64 = 0
        while true {
            let select = self.mutations.selectCustomerIDs
            select.bind(1, business.rawValue)
            select.bind(2, last)
            var ids: [CustomerID] = []
            while try select.step() {
                ids.append(CustomerID(rawValue: select.integer(0)))
            }
            guard let end = ids.last else { return }

            last = end.rawValue
            for id in ids {
                guard let entry = try self.entry(id) else { continue }

                entry.needsRebuild = true
                try self.write(entry)
            }
            // Sound: nothing is touched and unwritten.
            self.customers.age()
        }
    }

    /// Does once what a new version of the tables asks for; before anything else is written.
    func rebuildIfAsked() throws(StoreError) {
        guard try self.database.integer("SELECT rebuild FROM meta WHERE id = 1") != 0 else {
            return
        }

        try self.begin()
        do throws(StoreError) {
            let select = try Statement(self.database, "SELECT id FROM businesses ORDER BY id")
            var businesses: [BusinessID] = []
            while try select.step() {
                businesses.append(BusinessID(rawValue: select.integer(0)))
            }
            for business in businesses {
                try self.rebuildCustomers(of: business)
            }
            try self.flush()
            try self.database.execute("UPDATE meta SET rebuild = 0 WHERE id = 1")
            let result = self.commit()
            guard result.primary == 0 else { throw result.error("committing") }
        } catch {
            try self.rollBack()
            throw error
        }
        self.committed()
    }
}

extension InteractionRegister {
    /// Reads a row of `selectRegisters`: what counts of an event, without text and contacts.
    fileprivate init?(summary row: Statement, of customer: CustomerID) {
        guard let direction = UInt8(exactly: row.integer(0)).flatMap(Interaction.Direction.init),
            let kind = UInt8(exactly: row.integer(1)).flatMap(Interaction.Kind.init),
            row.instant(3) <= row.instant(4)
        else { return nil }

        self.init(
            direction: direction,
            kind: kind,
            conversationKey: "",
            postID: row.text(2),
            occurredAt: row.instant(3)...row.instant(4),
            receivedAt: row.instant(3),
            revision: 0,
            state: .live,
            text: "",
            customerID: customer,
            pendingNames: []
        )
    }
}
