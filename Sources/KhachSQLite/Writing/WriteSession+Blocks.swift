internal import KhachCore

/// Blocks, and the roles that forbid them (domain.md §4.4).
extension WriteSession {
    func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> [BlockAnswer] {
        // A batch is of one business; whoever is another's is nobody in it (S14).
        let business = try self.businessOfFirst(items)
        if let business, let known = try self.knownAnswer(to: author, of: business) {
            return try Self.answers(known, count: items.count)
        }
        var answers: [BlockAnswer] = []
        answers.reserveCapacity(items.count)
        for item in items {
            answers.append(try self.changeBlock(item, of: business, by: author, now: now))
        }
        if let business {
            try self.remember(answers.flatMap(\.bytes), to: author, of: business, now: now)
        }
        return answers
    }

    func changeBlock(
        _ item: BlockItem,
        of business: BusinessID?,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> BlockAnswer {
        let entry: CustomerEntry
        do throws(StoreError) {
            entry = try self.existing(item.id)
        } catch  where error.code == .notFound {
            return .unknownCustomer
        }
        guard entry.customer.businessID == business else { return .unknownCustomer }

        let customer = entry.customer
        let page = try self.page(of: customer)
        let result = BlockRules.decide(
            BlockRules.Request(
                action: item.action,
                by: author.actor,
                reason: item.reason,
                at: now
            ),
            on: customer.block,
            channel: customer.channel,
            mode: page.blockMode,
            hasRole: try self.hasRole(customer),
            hasConversation: customer.activity.firstMessageAt != nil
        )
        switch result {
        case .noChange:
            return BlockAnswer(
                result: .noChange,
                state: customer.block?.state ?? CustomerBlock.State.none
            )
        case .done(let block):
            try self.put(block, on: entry, item, author, now)
            return BlockAnswer(result: .done, state: block.state)
        case .pending(let block):
            try self.put(block, on: entry, item, author, now)
            return BlockAnswer(result: .pending, state: block.state)
        case .failed(let refusal, let block):
            if let block {
                try self.put(block, on: entry, item, author, now)
            }
            let state = block?.state ?? customer.block?.state ?? CustomerBlock.State.none
            return BlockAnswer(result: .failed, refusal: refusal, state: state)
        }
    }

    private func put(
        _ block: CustomerBlock,
        on entry: CustomerEntry,
        _ item: BlockItem,
        _ author: Authorship,
        _ now: Instant
    ) throws(StoreError) {
        var customer = entry.customer
        let before = customer.block?.state ?? CustomerBlock.State.none
        customer.block = block
        self.replace(entry, by: customer)
        try self.notePending(customer)
        let change = AuditChange.block(item, of: customer.id, from: before, to: block.state)
        try self.audit([change], of: customer.businessID, by: author, now: now)
    }

    /// Keeps the list of those whom a gateway is to settle.
    func notePending(_ customer: Customer) throws(StoreError) {
        let state = customer.block?.state
        let isPending = state == .pendingBlock || state == .pendingUnblock
        let statement =
            isPending ? self.mutations.insertPendingBlock : self.mutations.deletePendingBlock
        statement.bind(1, customer.pageID.rawValue)
        statement.bind(2, customer.id.rawValue)
        try statement.run()
    }

    private func businessOfFirst(_ items: [BlockItem]) throws(StoreError) -> BusinessID? {
        for item in items {
            do throws(StoreError) {
                return try self.existing(item.id).customer.businessID
            } catch  where error.code == .notFound {
                continue
            }
        }
        return nil
    }

    private static func answers(_ bytes: [UInt8], count: Int) throws(StoreError) -> [BlockAnswer] {
        let answers = stride(from: 0, to: bytes.count - 2, by: 3).compactMap { start in
            BlockAnswer(bytes[start..<start + 3])
        }
        guard answers.count == count else {
            throw StoreError(.corrupt, "\(count) answers expected, \(answers.count) found")
        }
        return answers
    }

    // MARK: Roles

    /// Whether any id of the customer has a role on its page (B1).
    func hasRole(_ customer: Customer) throws(StoreError) -> Bool {
        let holders = try self.roleHolders(of: customer.pageID)
        guard !holders.isEmpty else { return false }

        return customer.identities.contains {
            $0.kind.isEmpty && holders.contains(Array($0.externalUserID.utf8))
        }
    }

    func setRoleAccounts(
        of pageID: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> [CustomerID] {
        let page = try self.existingPage(pageID)
        let before = try self.roles(of: pageID)
        self.mutations.deleteRoles.bind(1, pageID.rawValue)
        try self.mutations.deleteRoles.run()
        self.roleHolders[pageID] = nil
        for account in accounts {
            let insert = self.mutations.insertRole
            insert.bind(1, pageID.rawValue)
            try insert.lend([
                (2, account.externalUserID), (3, account.name),
                (4, account.roles.joined(separator: "\n")),
            ]) { () throws(StoreError) in try insert.run() }
        }
        let changes = AuditChange.roles(of: pageID, from: before, to: accounts)
        try self.audit(changes, of: page.businessID, by: author, now: now)
        return try self.unblock(accounts, on: page, by: author, now: now)
    }

    /// The roles of a person who is erased go with the person: what is told of them later is new.
    func eraseFromRoles(
        _ customer: Customer,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) {
        guard try self.hasRole(customer) else { return }

        let before = try self.roles(of: customer.pageID)
        let after = before.filter { !$0.isHeld(by: customer) }
        for account in before where account.isHeld(by: customer) {
            let delete = self.mutations.deleteRole
            delete.bind(1, customer.pageID.rawValue)
            try delete.lend([(2, account.externalUserID)]) { () throws(StoreError) in
                try delete.run()
            }
        }
        self.roleHolders[customer.pageID] = nil
        let changes = AuditChange.roles(of: customer.pageID, from: before, to: after)
        try self.audit(changes, of: customer.businessID, by: author, now: now)
    }

    /// Who is blocked and has a role now is blocked no more, or the gateway is asked so (B2).
    private func unblock(
        _ accounts: [RoleAccount],
        on page: Page,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> [CustomerID] {
        var unblocked: [CustomerID] = []
        for account in accounts {
            guard let entry = try self.entry(page.id, account.externalUserID) else { continue }

            let item = BlockItem(
                id: entry.customer.id,
                action: .grantRole,
                reason: "ROLE_GRANTED"
            )
            let answer = try self.changeBlock(item, of: page.businessID, by: author, now: now)
            if answer.isChange { unblocked.append(entry.customer.id) }
        }
        return unblocked
    }

    private func roleHolders(of page: PageID) throws(StoreError) -> Set<[UInt8]> {
        if let holders = self.roleHolders[page] { return holders }
        let holders = Set(try self.roles(of: page).map { Array($0.externalUserID.utf8) })
        if self.roleHolders.count >= Self.pagesMax { self.roleHolders.removeAll() }
        self.roleHolders[page] = holders
        return holders
    }

    private func roles(of page: PageID) throws(StoreError) -> [RoleAccount] {
        let select = self.mutations.selectRoles
        select.bind(1, page.rawValue)
        var roles: [RoleAccount] = []
        while try select.step() {
            roles.append(RoleAccount(row: select))
        }
        return roles
    }
}

extension RoleAccount {
    /// Reads a row: id, name, roles.
    init(row: Statement) {
        self.init(
            externalUserID: row.text(0),
            name: row.text(1),
            roles: row.text(2).split(separator: "\n").map(String.init)
        )
    }
}

extension BlockAnswer {
    /// What is kept of an answer.
    fileprivate var bytes: [UInt8] {
        [self.result.rawValue, self.refusal?.rawValue ?? 0, self.state?.rawValue ?? 0]
    }

    fileprivate init?(_ bytes: ArraySlice<UInt8>) {
        let bytes = Array(bytes)
        guard let result = Result(rawValue: bytes[0]) else { return nil }

        self.init(
            result: result,
            refusal: BlockRules.Refusal(rawValue: bytes[1]),
            state: CustomerBlock.State(rawValue: bytes[2])
        )
    }
}
