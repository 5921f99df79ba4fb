internal import KhachCore

/// What is changed by hand, in the simplest way.
extension MemoryState {
    /// What is kept of the answer to a named request.
    enum Answer: Sendable {
        case customer
        case blocks([BlockAnswer])
        case link(gone: CustomerID?)
        case erased(CommitSequence)
        case findings([UInt8])
    }

    func existing(_ id: CustomerID) throws(StoreError) -> Row<Customer> {
        guard let row = self.customers[id] ?? self.redirects[id].flatMap({ self.customers[$0] })
        else { throw StoreError(.notFound, "id: a customer expected, found none") }

        return row
    }

    func stored(_ id: CustomerID) throws(StoreError) -> StoredCustomer {
        let row = try self.existing(id)
        return StoredCustomer(businessID: row.value.businessID, seq: row.seq, record: row.record)
    }

    mutating func edit(
        _ id: CustomerID,
        _ edit: CustomerEdit,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> EditAnswer {
        var customer = try self.existing(id).value
        let business = customer.businessID
        if try self.known(author, business) != nil { return .done(try self.stored(customer.id)) }
        do throws(EditRefusal) {
            let changes = try EditRules.apply(edit, to: &customer, by: author.actor, now: now)
            self.note(changes, business, author, now)
        } catch {
            return .refused(error)
        }
        self.store(customer, codec)
        self.remember(.customer, author, business, now)
        return .done(try self.stored(customer.id))
    }

    mutating func changeBlocks(
        _ items: [BlockItem],
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> [BlockAnswer] {
        let (customers, redirects) = (self.customers, self.redirects)
        let first = items.compactMap { item in
            customers[redirects[item.id] ?? item.id]?.value.businessID
        }.first
        if let first, case .blocks(let answers) = try self.known(author, first) { return answers }
        var answers: [BlockAnswer] = []
        for item in items { answers.append(self.changeBlock(item, of: first, author, now, codec)) }
        if let first { self.remember(.blocks(answers), author, first, now) }
        return answers
    }

    mutating func changeBlock(
        _ item: BlockItem,
        of business: BusinessID?,
        _ author: Authorship,
        _ now: Instant,
        _ codec: RecordCodec
    ) -> BlockAnswer {
        guard var customer = self.customers[self.redirects[item.id] ?? item.id]?.value,
            customer.businessID == business, let page = self.pages[customer.pageID]?.value
        else { return .unknownCustomer }

        let request = BlockRules.Request(
            action: item.action,
            by: author.actor,
            reason: item.reason,
            at: now
        )
        let before = customer.block?.state ?? CustomerBlock.State.none
        let result = BlockRules.decide(
            request,
            on: customer.block,
            channel: customer.channel,
            mode: page.blockMode,
            hasRole: self.hasRole(customer),
            hasConversation: customer.activity.firstMessageAt != nil
        )
        let answer: BlockAnswer
        switch result {
        case .noChange: return BlockAnswer(result: .noChange, state: before)
        case .done(let block):
            customer.block = block
            answer = BlockAnswer(result: .done, state: block.state)
        case .pending(let block):
            customer.block = block
            answer = BlockAnswer(result: .pending, state: block.state)
        case .failed(let refusal, let block):
            guard let block else {
                return BlockAnswer(result: .failed, refusal: refusal, state: before)
            }
            customer.block = block
            answer = BlockAnswer(result: .failed, refusal: refusal, state: block.state)
        }
        self.store(customer, codec)
        let after = customer.block?.state ?? CustomerBlock.State.none
        let change = AuditChange.block(item, of: customer.id, from: before, to: after)
        self.note([change], customer.businessID, author, now)
        return answer
    }

    func hasRole(_ customer: Customer) -> Bool {
        let holders = self.roles[customer.pageID, default: []].map { Array($0.externalUserID.utf8) }
        return customer.identities.contains {
            $0.kind.isEmpty && holders.contains(Array($0.externalUserID.utf8))
        }
    }

    mutating func setRoleAccounts(
        _ page: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> [CustomerID] {
        guard let business = self.pages[page]?.value.businessID else {
            throw StoreError(.notFound, "page_id: a page expected, found none")
        }

        let before = self.roles[page, default: []]
        self.roles[page] = accounts.sorted {
            $0.externalUserID.utf8.lexicographicallyPrecedes($1.externalUserID.utf8)
        }
        self.note(
            AuditChange.roles(of: page, from: before, to: accounts),
            business,
            author,
            now
        )
        var unblocked: [CustomerID] = []
        for account in accounts {
            guard let id = self.identities[Key(page, account.externalUserID)] else { continue }

            let item = BlockItem(id: id, action: .grantRole, reason: "ROLE_GRANTED")
            let answer = self.changeBlock(item, of: business, author, now, codec)
            if answer.isChange { unblocked.append(id) }
        }
        return unblocked
    }

    // MARK: Requests and the audit

    func known(_ author: Authorship, _ business: BusinessID) throws(StoreError) -> Answer? {
        guard !author.requestID.isEmpty,
            let known = self.requests[business]?[author.requestID]
        else { return nil }
        guard known.1.fingerprint == author.fingerprint else { throw .requestReused }

        return known.answer
    }

    mutating func remember(
        _ answer: Answer,
        _ author: Authorship,
        _ business: BusinessID,
        _ now: Instant
    ) {
        guard !author.requestID.isEmpty else { return }

        let oldest = now.milliseconds - Limits.requestMemoryMilliseconds
        self.requests[business] = self.requests[business, default: [:]].filter {
            $0.value.at.milliseconds >= oldest
        }
        self.requests[business, default: [:]][author.requestID] = (now, author, answer)
    }

    mutating func note(
        _ changes: [AuditChange],
        _ business: BusinessID,
        _ author: Authorship,
        _ now: Instant
    ) {
        for change in changes {
            let entry = AuditEntry(
                number: UInt64(self.audit[business, default: []].count + 1),
                at: now,
                actor: author.actor,
                requestID: author.requestID,
                change: change
            )
            self.audit[business, default: []].append(entry)
        }
    }
}
