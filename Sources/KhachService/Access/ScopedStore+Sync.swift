internal import KhachCore

/// The change feed and its digests, of the pages of the scope; and tokens.
extension ScopedStore {
    func changes(
        _ query: ChangeQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> ChangePage {
        var query = query
        query.businessID = self.seen(query.businessID)
        query.pages = self.scope.pages
        return try await self.base.changes(query, deadline: deadline)
    }

    func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState {
        try await self.base.digests(
            of: self.seen(business),
            pages: pages,
            within: self.scope.pages ?? scope,
            deadline: deadline
        )
    }

    func revisions(
        _ query: RevisionQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> RevisionPage {
        var query = query
        query.businessID = self.seen(query.businessID)
        if query.businessID != .nobody { _ = try self.seen(pages: [query.pageID]) }
        return try await self.base.revisions(query, deadline: deadline)
    }

    func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int,
        deadline: Deadline?
    ) async throws(StoreError) -> RecordBatch {
        var seen: [EntityID] = []
        for id in ids {
            switch id {
            case .business: seen.append(id)
            case .page(let page): seen.append(.page(try await self.seen(page)))
            case .customer(let customer): seen.append(.customer(try await self.seen(customer)))
            }
        }
        return try await self.base.records(
            of: self.seen(business),
            seen,
            bytesMax: bytesMax,
            deadline: deadline
        )
    }

    // MARK: Tokens

    func tokens() async throws(StoreError) -> [AccessToken] {
        try await self.base.tokens().filter { self.scope.contains($0.scope) }
    }

    func createToken(
        _ token: NewToken,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        var token = token
        if !self.scope.contains(token.scope) {
            let business = self.seen(token.scope.business ?? .nobody)
            if let foreign = token.scope.pages?.sorted().first(where: {
                !self.scope.contains($0, of: business)
            }), business != .nobody {
                throw StoreError.foreignPage(foreign)
            }
            token.scope = .business(.nobody)
        }
        return try await self.base.createToken(token, by: author, now: now)
    }

    func rotateToken(
        _ id: TokenID,
        to hash: [UInt8],
        overlapEndsAt: Instant,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try await self.base.rotateToken(
            try await self.seen(id),
            to: hash,
            overlapEndsAt: overlapEndsAt,
            by: author,
            now: now
        )
    }

    func revokeToken(
        _ id: TokenID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try await self.base.revokeToken(try await self.seen(id), by: author, now: now)
    }

    private func seen(_ id: TokenID) async throws(StoreError) -> TokenID {
        try await self.tokens().contains { $0.id == id } ? id : .nobody
    }
}
