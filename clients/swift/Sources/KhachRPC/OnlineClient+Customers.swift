public import KhachProto

/// What people and gateways change of customers, and why things are as they are.
extension OnlineClient {
    /// Saves what is entered by hand: the address, the name.
    ///
    /// When somebody saved since, it fails with `aborted`; `RPCError.editConflict` has both values.
    public func updateCustomer(
        _ request: Khach_V1_UpdateCustomerRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_UpdateCustomerResponse {
        try await self.call(Methods.updateCustomer, request, timeout: timeout)
    }

    /// Adds a phone or an e-mail address by hand, also one that was rejected.
    public func addContactPoint(
        _ request: Khach_V1_AddContactPointRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_AddContactPointResponse {
        try await self.call(Methods.addContactPoint, request, timeout: timeout)
    }

    /// Says that a phone or an e-mail address is none; detection does not bring it back.
    public func rejectContactPoint(
        _ request: Khach_V1_RejectContactPointRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RejectContactPointResponse {
        try await self.call(Methods.rejectContactPoint, request, timeout: timeout)
    }

    /// Makes a phone or an e-mail address the primary one, or takes that away.
    public func pinContactPoint(
        _ request: Khach_V1_PinContactPointRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_PinContactPointResponse {
        try await self.call(Methods.pinContactPoint, request, timeout: timeout)
    }

    /// Says which interactions hold a phone or an e-mail address, and where.
    public func explainContactPoint(
        _ request: Khach_V1_ExplainContactPointRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ExplainContactPointResponse {
        try await self.call(Methods.explainContactPoint, request, timeout: timeout)
    }

    /// Blocks customers; each has an outcome of its own.
    public func blockCustomers(
        _ request: Khach_V1_BlockCustomersRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_BlockCustomersResponse {
        try await self.call(Methods.blockCustomers, request, timeout: timeout)
    }

    /// Unblocks customers; each has an outcome of its own.
    public func unblockCustomers(
        _ request: Khach_V1_UnblockCustomersRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_UnblockCustomersResponse {
        try await self.call(Methods.unblockCustomers, request, timeout: timeout)
    }

    /// Says what the platform answered to pending blocks and unblocks.
    public func settleBlocks(
        _ request: Khach_V1_SettleBlocksRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_SettleBlocksResponse {
        try await self.call(Methods.settleBlocks, request, timeout: timeout)
    }

    /// Lists the customers of a page whose block or unblock is pending.
    public func listPendingBlocks(
        _ request: Khach_V1_ListPendingBlocksRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListPendingBlocksResponse {
        try await self.call(Methods.listPendingBlocks, request, timeout: timeout)
    }

    /// Makes one customer of two, or gives a customer a further id of the channel.
    public func linkIdentity(
        _ request: Khach_V1_LinkIdentityRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_LinkIdentityResponse {
        try await self.call(Methods.linkIdentity, request, timeout: timeout)
    }

    /// Erases a customer and everything that is known of it.
    public func eraseCustomer(
        _ request: Khach_V1_EraseCustomerRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_EraseCustomerResponse {
        try await self.call(Methods.eraseCustomer, request, timeout: timeout)
    }

    /// Detects contacts again in stored texts, some thousands a call.
    public func redetectContacts(
        _ request: Khach_V1_RedetectContactsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RedetectContactsResponse {
        try await self.call(Methods.redetectContacts, request, timeout: timeout)
    }

    /// Lists who changed what, the latest first.
    public func listAuditEntries(
        _ request: Khach_V1_ListAuditEntriesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListAuditEntriesResponse {
        try await self.call(Methods.listAuditEntries, request, timeout: timeout)
    }
}
