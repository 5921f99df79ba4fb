internal import KhachCore

/// Tokens are made, rotated and revoked; each of a business with its line in the audit.
extension WriteSession {
    func createToken(
        _ new: NewToken,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) -> AccessToken {
        if let business = new.scope.business, try self.feed(of: business) == nil {
            throw StoreError(.notFound, "an existing business expected, none found")
        }
        for page in (new.scope.pages ?? []).sorted() {
            guard try self.page(page)?.businessID == new.scope.business else {
                throw StoreError.foreignPage(page)
            }
        }
        let table = TokenTable(self.database)
        guard try table.count() < Limits.tokensMax else { throw StoreError.tooManyTokens }
        if case .principal(let principal) = new.credential,
            try table.all().contains(where: { $0.revokedAt == nil && $0.principal == principal })
        {
            throw StoreError.principalTaken
        }

        let token = AccessToken(new, id: TokenID(rawValue: self.nextIdentifier(now: now)), now)
        try table.put(token)
        try self.audit("token.create", token, by: author, now: now)
        return token
    }

    func changeToken(
        _ id: TokenID,
        _ action: String,
        by author: Authorship,
        now: Instant,
        _ change: (inout AccessToken) throws(StoreError) -> Void
    ) throws(StoreError) -> AccessToken {
        let table = TokenTable(self.database)
        guard let before = try table.all().first(where: { $0.id == id }) else {
            throw StoreError.unknownToken
        }

        var token = before
        try change(&token)
        guard token != before else { return before }

        try table.put(token)
        try self.audit(action, token, by: author, now: now)
        return token
    }

    /// Of a token of everything there is no business whose audit could have it.
    private func audit(
        _ action: String,
        _ token: AccessToken,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) {
        guard let business = token.scope.business else { return }

        let change = AuditChange(action, entity: token.id.text, field: "name", after: token.name)
        try self.audit([change], of: business, by: author, now: now)
    }
}
