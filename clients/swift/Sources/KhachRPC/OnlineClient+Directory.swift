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
}
