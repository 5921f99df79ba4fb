/// The tokens that a store knows, also those that are revoked.
///
/// A store that ever had one is served to callers with a token only.
package protocol AccessTokens: Sendable {
    /// In order of id.
    func tokens() async throws(StoreError) -> [AccessToken]

    /// Throws `notFound` when the business or a page of the scope is not there, `full` when there
    /// are `Limits.tokensMax` tokens, and `alreadyExists` when its principal is that of another
    /// token which is not revoked.
    func createToken(
        _ token: NewToken,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken

    /// Gives a token another secret; the last one is valid beside it until `overlapEndsAt`.
    ///
    /// Throws `notFound`, also of a token that is revoked.
    func rotateToken(
        _ id: TokenID,
        to hash: [UInt8],
        overlapEndsAt: Instant,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken

    /// Ends a token; the second time changes nothing. Throws `notFound`.
    func revokeToken(
        _ id: TokenID,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> AccessToken
}
