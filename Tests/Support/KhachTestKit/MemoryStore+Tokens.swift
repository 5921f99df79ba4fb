package import KhachCore
internal import Synchronization

extension MemoryStore {
    package func tokens() async throws(StoreError) -> [AccessToken] {
        self.state.withLock { $0.tokens }
    }

    package func createToken(
        _ token: NewToken,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try self.attempt { (state) throws(StoreError) in
            try state.createToken(token, by: author, now: now)
        }
    }

    package func rotateToken(
        _ id: TokenID,
        to hash: [UInt8],
        overlapEndsAt: Instant,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try self.attempt { (state) throws(StoreError) in
            try state.changeToken(id, "token.rotate", by: author, now: now) {
                (token) throws(StoreError) in
                guard token.revokedAt == nil else { throw StoreError.unknownToken }

                token.rotate(to: hash, overlapEndsAt: overlapEndsAt)
            }
        }
    }

    package func revokeToken(
        _ id: TokenID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try self.attempt { (state) throws(StoreError) in
            try state.changeToken(id, "token.revoke", by: author, now: now) {
                (token) throws(StoreError) in token.revoke(now: now)
            }
        }
    }
}

extension MemoryStore {
    package func page(_ key: PageKey) async throws(StoreError) -> Page? {
        self.state.withLock { $0.page(key) }
    }

    package func place(of id: CustomerID) async throws(StoreError) -> CustomerPlace? {
        self.state.withLock { state in
            let id = state.redirects[id] ?? id
            if let customer = state.customers[id]?.value {
                return CustomerPlace(business: customer.businessID, page: customer.pageID)
            }
            for (business, gone) in state.tombstones {
                if let tombstone = gone.first(where: { $0.id == id }) {
                    return CustomerPlace(business: business, page: tombstone.page)
                }
            }
            return nil
        }
    }
}

extension MemoryState {
    mutating func createToken(
        _ new: NewToken,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> AccessToken {
        if let business = new.scope.business, self.businesses[business] == nil {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        for page in (new.scope.pages ?? []).sorted()
        where self.pages[page]?.value.businessID != new.scope.business {
            throw StoreError.foreignPage(page)
        }
        guard self.tokens.count < Limits.tokensMax else { throw StoreError.tooManyTokens }
        if case .principal(let principal) = new.credential,
            self.tokens.contains(where: { $0.revokedAt == nil && $0.principal == principal })
        {
            throw StoreError.principalTaken
        }

        let token = AccessToken(new, id: TokenID(rawValue: self.nextIdentifier(now: now)), now)
        self.tokens.append(token)
        self.note("token.create", token, author, now)
        return token
    }

    mutating func changeToken(
        _ id: TokenID,
        _ action: String,
        by author: Authorship,
        now: Instant,
        _ change: (inout AccessToken) throws(StoreError) -> Void
    ) throws(StoreError) -> AccessToken {
        guard let index = self.tokens.firstIndex(where: { $0.id == id }) else {
            throw StoreError.unknownToken
        }

        var token = self.tokens[index]
        try change(&token)
        guard token != self.tokens[index] else { return token }

        self.tokens[index] = token
        self.note(action, token, author, now)
        return token
    }

    private mutating func note(
        _ action: String,
        _ token: AccessToken,
        _ author: Authorship,
        _ now: Instant
    ) {
        guard let business = token.scope.business else { return }

        let change = AuditChange(action, entity: token.id.text, field: "name", after: token.name)
        self.note([change], business, author, now)
    }
}
