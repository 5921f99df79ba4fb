internal import KhachCore
internal import KhachService
internal import Testing

/// Callers with tokens.
extension ServiceHarness {
    /// Makes a token as `khachd init` would, and says its secret.
    func makeToken(
        _ permissions: Permissions,
        _ scope: AccessScope = .everything,
        expiresAt: Instant? = nil
    ) async throws -> (token: AccessToken, secret: String) {
        let secret = self.environment.callers.mint.make()
        let token = try await self.store.createToken(
            NewToken(
                name: "Lan",
                scope: scope,
                permissions: permissions,
                expiresAt: expiresAt,
                credential: .secret(hash: secret.hash)
            ),
            by: Authorship(actor: "an"),
            now: self.clock.value
        )
        try await self.environment.loadTokens()
        return (token, secret.text)
    }

    /// From here on calls carry a token of these permissions over this scope.
    mutating func beKnown(
        _ permissions: Permissions,
        _ scope: AccessScope = .everything
    ) async throws {
        self.token = try await self.makeToken(permissions, scope).secret
    }
}
