internal import KhachCore

/// Customers who end, profiles, and texts.
extension MemoryState {
    mutating func link(
        _ id: CustomerID,
        with target: LinkTarget,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> LinkAnswer {
        var customer = try self.existing(id).value
        let business = customer.businessID
        if case .link(let gone) = try self.known(author, business) {
            return .linked(try self.stored(customer.id), gone: gone)
        }
        let other: Customer
        switch target {
        case .customer(let id):
            other = try self.existing(id).value
        case .identity(let identity):
            guard let id = self[identity, on: customer.pageID] else {
                guard customer.otherIdentities.count < Limits.identitiesMax else {
                    return .tooManyIdentities
                }
                customer.otherIdentities.append(identity)
                self[identity, on: customer.pageID] = customer.id
                self.store(customer, codec)
                self.note([.identity(identity, of: customer.id)], business, author, now)
                try self.unblockIfRoleHeld(customer, author, now, codec)
                self.remember(.link(gone: nil), author, business, now)
                return .linked(try self.stored(customer.id), gone: nil)
            }
            other = try self.existing(id).value
        }
        guard other.pageID == customer.pageID else { return .differentPages }
        guard other.id != customer.id else {
            return .linked(try self.stored(customer.id), gone: nil)
        }

        var (survivor, gone) = LinkRules.survivor(customer, other)
        guard survivor.otherIdentities.count + gone.identities.count <= Limits.identitiesMax else {
            return .tooManyIdentities
        }
        for identity in gone.identities { self[identity, on: gone.pageID] = survivor.id }
        for (key, register) in self.registers where register.customerID == gone.id {
            self.registers[key]?.customerID = survivor.id
        }
        for (old, new) in self.redirects where new == gone.id { self.redirects[old] = survivor.id }
        self.redirects[gone.id] = survivor.id
        for index in self.audit[business, default: []].indices
        where self.audit[business]?[index].change.customerID == gone.id {
            self.audit[business]?[index].change.customerID = survivor.id
        }
        self.remove(gone, redirectTo: survivor.id, now: now, codec)
        LinkRules.join(gone, into: &survivor, now: now)
        self.store(survivor, codec)
        self.note(AuditChange.link(gone, into: survivor), business, author, now)
        try self.unblockIfRoleHeld(survivor, author, now, codec)
        self.remember(.link(gone: gone.id), author, business, now)
        return .linked(try self.stored(survivor.id), gone: gone.id)
    }

    private mutating func unblockIfRoleHeld(
        _ customer: Customer,
        _ author: Authorship,
        _ now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) {
        guard let state = customer.block?.state, state != .none, self.hasRole(customer) else {
            return
        }

        let item = BlockItem(id: customer.id, action: .grantRole, reason: "ROLE_GRANTED")
        let author = Authorship(actor: author.actor)
        _ = try self.changeBlocks([item], by: author, now: now, codec)
    }

    mutating func erase(
        _ id: CustomerID,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> CommitSequence {
        let gone = self.tombstones.first { _, all in all.contains { $0.id == id } }
        let business: BusinessID
        if let gone {
            business = gone.key
        } else {
            business = try self.existing(id).value.businessID
        }
        if case .erased(let seq) = try self.known(author, business) { return seq }
        let seq: CommitSequence
        if let gone, self.redirects[id] == nil {
            seq = gone.value.first { $0.id == id }?.seq ?? 0
        } else {
            seq = self.erase(try self.existing(id).value, by: author, now: now, codec)
        }
        self.remember(.erased(seq), author, business, now)
        return seq
    }

    private mutating func erase(
        _ customer: Customer,
        by author: Authorship,
        now: Instant,
        _ codec: RecordCodec
    ) -> CommitSequence {
        for identity in customer.identities { self[identity, on: customer.pageID] = nil }
        let roles = self.roles[customer.pageID, default: []]
        let kept = roles.filter { !$0.isHeld(by: customer) }
        self.roles[customer.pageID] = kept
        self.note(
            AuditChange.roles(of: customer.pageID, from: roles, to: kept),
            customer.businessID,
            author,
            now
        )
        for (key, register) in self.registers where register.customerID == customer.id {
            self.registers[key]?.customerID = nil
            self.registers[key]?.state = .erased
            self.registers[key]?.text = ""
            self.registers[key]?.contacts = []
            self.registers[key]?.conversationKey = ""
            self.registers[key]?.postID = ""
            self.registers[key]?.pendingNames = []
        }
        self.redirects = self.redirects.filter { $0.value != customer.id }
        self.eraseFromOutcomes(customer.id, codec)
        for index in self.audit[customer.businessID, default: []].indices
        where self.audit[customer.businessID]?[index].change.customerID == customer.id {
            self.audit[customer.businessID]?[index].change.before = ""
            self.audit[customer.businessID]?[index].change.after = ""
            self.audit[customer.businessID]?[index].change.reason = ""
        }
        for index in self.audit[customer.businessID, default: []].indices {
            guard let change = self.audit[customer.businessID]?[index].change,
                change.action == AuditChange.rolesAction,
                change.entityID == customer.pageID.text
            else { continue }

            let ids = customer.identities
            self.audit[customer.businessID]?[index].change.before =
                AuditChange.erasing(ids, fromRoles: change.before)
            self.audit[customer.businessID]?[index].change.after =
                AuditChange.erasing(ids, fromRoles: change.after)
        }
        let seq = self.remove(customer, redirectTo: nil, now: now, codec)
        self.note([.erase(customer.id)], customer.businessID, author, now)
        return seq
    }

    @discardableResult
    private mutating func remove(
        _ customer: Customer,
        redirectTo survivor: CustomerID?,
        now: Instant,
        _ codec: RecordCodec
    ) -> CommitSequence {
        let seq = self.nextSequence(customer.businessID)
        self.customers[customer.id] = nil
        let before = self.tombstones[customer.businessID]?.last?.at ?? now
        self.tombstones[customer.businessID, default: []].append(
            Tombstone(
                id: customer.id,
                page: customer.pageID,
                seq: seq,
                at: max(now, before),
                record: codec.encodeTombstone(customer.id, survivor)
            )
        )
        return seq
    }

    mutating func compactTombstones(before: Instant, rowsMax: Int) -> Int {
        let old = self.tombstones.flatMap { business, all in
            all.filter { $0.at < before }.map { (at: $0.at, business, seq: $0.seq) }
        }.sorted { ($0.at, $0.1, $0.seq) < ($1.at, $1.1, $1.seq) }.prefix(rowsMax)
        for (_, business, seq) in old {
            self.tombstones[business]?.removeAll { $0.seq <= seq }
            self.horizons[business] = max(self.horizons[business] ?? 0, seq)
        }
        return old.count
    }

    mutating func recordProfiles(
        _ profiles: [ProfileObservation],
        now: Instant,
        _ codec: RecordCodec
    ) -> [ProfileOutcome] {
        var outcomes: [ProfileOutcome] = []
        for profile in profiles {
            guard let page = self.page(profile.page) else {
                outcomes.append(.unknownPage)
                continue
            }
            guard let id = self.identities[Key(page.id, profile.externalUserID)],
                var customer = self.customers[id]?.value
            else {
                outcomes.append(.unknownCustomer)
                continue
            }
            customer.join(profile, on: page, now: now)
            self.store(customer, codec)
            outcomes.append(.applied(id))
        }
        return outcomes
    }

    // MARK: Texts

    func storedTexts(
        of business: BusinessID,
        after: TextPosition?,
        rowsMax: Int
    ) -> TextPage {
        let all = self.registers.compactMap { key, register -> StoredText? in
            guard self.pages[key.page]?.value.businessID == business, let id = register.customerID,
                register.direction == .inbound, !register.text.isEmpty
            else { return nil }

            return StoredText(
                position: TextPosition(
                    page: key.page,
                    eventKey: String(decoding: key.bytes, as: UTF8.self)
                ),
                customerID: id,
                revision: register.revision,
                text: register.text,
                findings: register.contacts
            )
        }.sorted { $0.position < $1.position }
        let rest = all.filter { text in after.map { $0 < text.position } ?? true }
        let texts = Array(rest.prefix(rowsMax))
        return TextPage(
            texts: texts,
            next: rest.count > rowsMax ? texts.last?.position : nil
        )
    }

    mutating func acceptFindings(
        _ updates: [FindingUpdate],
        of business: BusinessID,
        by author: Authorship,
        answer: [UInt8],
        now: Instant,
        _ codec: RecordCodec
    ) throws(StoreError) -> FindingsAnswer {
        if case .findings(let bytes) = try self.known(author, business) { return .known(bytes) }
        var changed: [CustomerID: Redetection] = [:]
        for update in updates {
            let key = Key(update.position.page, update.position.eventKey)
            guard let page = self.pages[key.page]?.value, page.businessID == business,
                let register = self.registers[key], register.revision == update.revision,
                !register.text.isEmpty, let id = register.customerID
            else { continue }

            let next = Recording.redetected(register, on: page, findings: update.findings).register
            guard next.contacts != register.contacts else { continue }

            self.registers[key] = next
            changed[id, default: .init()].add(
                from: register.contacts,
                to: next.contacts,
                by: update.detectorVersion
            )
        }
        for id in changed.keys.sorted() {
            if let customer = self.customers[id]?.value { self.store(customer, codec) }
        }
        self.note(AuditChange.redetect(changed), business, author, now)
        self.remember(.findings(answer), author, business, now)
        return .accepted(changed.values.reduce(0) { $0 + $1.textsCount })
    }

    mutating func dropTexts(receivedBefore: Instant, rowsMax: Int) -> Bool {
        let rest = self.registerKeys[self.droppedCount...]
        let old = rest.prefix { key in
            self.registers[key].map { $0.receivedAt < receivedBefore } ?? true
        }
        for key in old.prefix(rowsMax) { self.registers[key]?.text = "" }
        self.droppedCount += min(old.count, rowsMax)
        return old.count > rowsMax
    }

    private subscript(identity: Identity, on page: PageID) -> CustomerID? {
        get {
            guard !identity.kind.isEmpty else {
                return self.identities[Key(page, identity.externalUserID)]
            }
            return self.otherIdentities[
                Key(page, identity.kind + "\u{0}" + identity.externalUserID)
            ]
        }
        set {
            guard !identity.kind.isEmpty else {
                self.identities[Key(page, identity.externalUserID)] = newValue
                return
            }
            self.otherIdentities[
                Key(page, identity.kind + "\u{0}" + identity.externalUserID)
            ] = newValue
        }
    }
}

extension TextPosition {
    /// By page, then by the bytes of the key.
    fileprivate static func < (left: Self, right: Self) -> Bool {
        guard left.page == right.page else { return left.page < right.page }

        return left.eventKey.utf8.lexicographicallyPrecedes(right.eventKey.utf8)
    }
}
