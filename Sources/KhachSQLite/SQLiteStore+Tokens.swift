package import KhachCore

/// Who may see what: tokens, and what scopes are asked about.
extension SQLiteStore {
    package func tokens() async throws(StoreError) -> [AccessToken] {
        try await self.snapshot(nil) { (reader) throws(StoreError) in
            try TokenTable(reader.database).all()
        }
    }

    package func createToken(
        _ token: NewToken,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try await self.writer.write { (session) throws(StoreError) in
            try session.createToken(token, by: author, now: now)
        }
    }

    package func rotateToken(
        _ id: TokenID,
        to hash: [UInt8],
        overlapEndsAt: Instant,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken {
        try await self.writer.write { (session) throws(StoreError) in
            try session.changeToken(id, "token.rotate", by: author, now: now) {
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
        try await self.writer.write { (session) throws(StoreError) in
            try session.changeToken(id, "token.revoke", by: author, now: now) {
                (token) throws(StoreError) in token.revoke(now: now)
            }
        }
    }

    package func page(_ key: PageKey) async throws(StoreError) -> Page? {
        try await self.read { (reader) throws(StoreError) in try reader.page(key) }
    }

    package func place(of id: CustomerID) async throws(StoreError) -> CustomerPlace? {
        try await self.snapshot(nil) { (reader) throws(StoreError) in try reader.place(of: id) }
    }
}
