public import KhachProto

/// What is changed of businesses and pages, and the roles of a page.
extension OnlineClient {
    /// Changes the name or the time zone of a business.
    public func updateBusiness(
        _ request: Khach_V1_UpdateBusinessRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_UpdateBusinessResponse {
        try await self.call(Methods.updateBusiness, request, timeout: timeout)
    }

    /// Changes the fields of a page that the mask names.
    public func updatePage(
        _ request: Khach_V1_UpdatePageRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_UpdatePageResponse {
        try await self.call(Methods.updatePage, request, timeout: timeout)
    }

    /// Replaces the accounts that have a role on a page; blocked ones among them are unblocked.
    public func setRoleAccounts(
        _ request: Khach_V1_SetRoleAccountsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_SetRoleAccountsResponse {
        try await self.call(Methods.setRoleAccounts, request, timeout: timeout)
    }

    /// Lists the accounts that have a role on a page.
    public func listRoleAccounts(
        _ request: Khach_V1_ListRoleAccountsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListRoleAccountsResponse {
        try await self.call(Methods.listRoleAccounts, request, timeout: timeout)
    }

    /// Lists what blocking means on each channel.
    public func listBlockCapabilities(
        _ request: Khach_V1_ListBlockCapabilitiesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListBlockCapabilitiesResponse {
        try await self.call(Methods.listBlockCapabilities, request, timeout: timeout)
    }

    /// Lists the bounds that the server holds callers to.
    public func getLimits(
        _ request: Khach_V1_GetLimitsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_GetLimitsResponse {
        try await self.call(Methods.getLimits, request, timeout: timeout)
    }

    /// Makes a token; its secret is told once.
    public func createToken(
        _ request: Khach_V1_CreateTokenRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_CreateTokenResponse {
        try await self.call(Methods.createToken, request, timeout: timeout)
    }

    /// Gives a token another secret; the last one is valid beside it for a while.
    public func rotateToken(
        _ request: Khach_V1_RotateTokenRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RotateTokenResponse {
        try await self.call(Methods.rotateToken, request, timeout: timeout)
    }

    /// Ends a token.
    public func revokeToken(
        _ request: Khach_V1_RevokeTokenRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RevokeTokenResponse {
        try await self.call(Methods.revokeToken, request, timeout: timeout)
    }

    /// Lists the tokens, a page at a time.
    public func listTokens(
        _ request: Khach_V1_ListTokensRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListTokensResponse {
        try await self.call(Methods.listTokens, request, timeout: timeout)
    }
}
