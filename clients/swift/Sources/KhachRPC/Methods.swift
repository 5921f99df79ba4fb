public import KhachProto

/// Every method that a server answers: the one table behind the typed and the JSON calls.
public enum Methods {
    private static let directory = "khach.v1.DirectoryService"
    private static let interactions = "khach.v1.InteractionService"
    private static let customers = "khach.v1.CustomerService"
    private static let sync = "khach.v1.SyncService"
    private static let health = "grpc.health.v1.Health"

    /// Makes a business.
    public static let createBusiness = Method<
        Khach_V1_CreateBusinessRequest, Khach_V1_CreateBusinessResponse
    >(directory, "CreateBusiness")
    /// Changes the name or the time zone of a business.
    public static let updateBusiness = Method<
        Khach_V1_UpdateBusinessRequest, Khach_V1_UpdateBusinessResponse
    >(directory, "UpdateBusiness")
    /// Lists the businesses, a page at a time.
    public static let listBusinesses = Method<
        Khach_V1_ListBusinessesRequest, Khach_V1_ListBusinessesResponse
    >(directory, "ListBusinesses")
    /// Makes a page of a business.
    public static let createPage = Method<
        Khach_V1_CreatePageRequest, Khach_V1_CreatePageResponse
    >(directory, "CreatePage")
    /// Changes the fields of a page that the mask names.
    public static let updatePage = Method<
        Khach_V1_UpdatePageRequest, Khach_V1_UpdatePageResponse
    >(directory, "UpdatePage")
    /// Lists the pages of a business, a page of the list at a time.
    public static let listPages = Method<
        Khach_V1_ListPagesRequest, Khach_V1_ListPagesResponse
    >(directory, "ListPages")
    /// Replaces the accounts that have a role on a page; blocked ones among them are unblocked.
    public static let setRoleAccounts = Method<
        Khach_V1_SetRoleAccountsRequest, Khach_V1_SetRoleAccountsResponse
    >(directory, "SetRoleAccounts")
    /// Lists the accounts that have a role on a page.
    public static let listRoleAccounts = Method<
        Khach_V1_ListRoleAccountsRequest, Khach_V1_ListRoleAccountsResponse
    >(directory, "ListRoleAccounts")
    /// Lists what blocking means on each channel.
    public static let listBlockCapabilities = Method<
        Khach_V1_ListBlockCapabilitiesRequest, Khach_V1_ListBlockCapabilitiesResponse
    >(directory, "ListBlockCapabilities")
    /// Lists the bounds that the server holds callers to.
    public static let getLimits = Method<
        Khach_V1_GetLimitsRequest, Khach_V1_GetLimitsResponse
    >(directory, "GetLimits")
    /// Makes a token; its secret is told once.
    public static let createToken = Method<
        Khach_V1_CreateTokenRequest, Khach_V1_CreateTokenResponse
    >(directory, "CreateToken")
    /// Gives a token another secret; the last one is valid beside it for a while.
    public static let rotateToken = Method<
        Khach_V1_RotateTokenRequest, Khach_V1_RotateTokenResponse
    >(directory, "RotateToken")
    /// Ends a token.
    public static let revokeToken = Method<
        Khach_V1_RevokeTokenRequest, Khach_V1_RevokeTokenResponse
    >(directory, "RevokeToken")
    /// Lists the tokens, a page at a time.
    public static let listTokens = Method<
        Khach_V1_ListTokensRequest, Khach_V1_ListTokensResponse
    >(directory, "ListTokens")
    /// Records a batch of interactions.
    public static let recordInteractions = Method<
        Khach_V1_RecordInteractionsRequest, Khach_V1_RecordInteractionsResponse
    >(interactions, "RecordInteractions")
    /// Records what is known of persons apart from any conversation.
    public static let recordProfiles = Method<
        Khach_V1_RecordProfilesRequest, Khach_V1_RecordProfilesResponse
    >(interactions, "RecordProfiles")
    /// Gets one customer.
    public static let getCustomer = Method<
        Khach_V1_GetCustomerRequest, Khach_V1_GetCustomerResponse
    >(customers, "GetCustomer")
    /// Lists the customers that a filter accepts, a page at a time.
    public static let listCustomers = Method<
        Khach_V1_ListCustomersRequest, Khach_V1_ListCustomersResponse
    >(customers, "ListCustomers")
    /// Counts the customers that a filter accepts.
    public static let countCustomers = Method<
        Khach_V1_CountCustomersRequest, Khach_V1_CountCustomersResponse
    >(customers, "CountCustomers")
    /// Counts what is new and who wrote, by day.
    public static let getStatistics = Method<
        Khach_V1_GetStatisticsRequest, Khach_V1_GetStatisticsResponse
    >(customers, "GetStatistics")
    /// Saves what is entered by hand: the address, the name.
    public static let updateCustomer = Method<
        Khach_V1_UpdateCustomerRequest, Khach_V1_UpdateCustomerResponse
    >(customers, "UpdateCustomer")
    /// Adds a phone or an e-mail address by hand, also one that was rejected.
    public static let addContactPoint = Method<
        Khach_V1_AddContactPointRequest, Khach_V1_AddContactPointResponse
    >(customers, "AddContactPoint")
    /// Says that a phone or an e-mail address is none; detection does not bring it back.
    public static let rejectContactPoint = Method<
        Khach_V1_RejectContactPointRequest, Khach_V1_RejectContactPointResponse
    >(customers, "RejectContactPoint")
    /// Makes a phone or an e-mail address the primary one, or takes that away.
    public static let pinContactPoint = Method<
        Khach_V1_PinContactPointRequest, Khach_V1_PinContactPointResponse
    >(customers, "PinContactPoint")
    /// Says which interactions hold a phone or an e-mail address, and where.
    public static let explainContactPoint = Method<
        Khach_V1_ExplainContactPointRequest, Khach_V1_ExplainContactPointResponse
    >(customers, "ExplainContactPoint")
    /// Blocks customers; each has an outcome of its own.
    public static let blockCustomers = Method<
        Khach_V1_BlockCustomersRequest, Khach_V1_BlockCustomersResponse
    >(customers, "BlockCustomers")
    /// Unblocks customers; each has an outcome of its own.
    public static let unblockCustomers = Method<
        Khach_V1_UnblockCustomersRequest, Khach_V1_UnblockCustomersResponse
    >(customers, "UnblockCustomers")
    /// Says what the platform answered to pending blocks and unblocks.
    public static let settleBlocks = Method<
        Khach_V1_SettleBlocksRequest, Khach_V1_SettleBlocksResponse
    >(customers, "SettleBlocks")
    /// Lists the customers of a page whose block or unblock is pending.
    public static let listPendingBlocks = Method<
        Khach_V1_ListPendingBlocksRequest, Khach_V1_ListPendingBlocksResponse
    >(customers, "ListPendingBlocks")
    /// Makes one customer of two, or gives a customer a further id of the channel.
    public static let linkIdentity = Method<
        Khach_V1_LinkIdentityRequest, Khach_V1_LinkIdentityResponse
    >(customers, "LinkIdentity")
    /// Erases a customer and everything that is known of it.
    public static let eraseCustomer = Method<
        Khach_V1_EraseCustomerRequest, Khach_V1_EraseCustomerResponse
    >(customers, "EraseCustomer")
    /// Detects contacts again in stored texts, some thousands a call.
    public static let redetectContacts = Method<
        Khach_V1_RedetectContactsRequest, Khach_V1_RedetectContactsResponse
    >(customers, "RedetectContacts")
    /// Exports customers as a file, in chunks.
    public static let exportCustomers = StreamingMethod<
        Khach_V1_ExportCustomersRequest, Khach_V1_ExportCustomersResponse
    >(customers, "ExportCustomers")
    /// Lists who changed what, the latest first.
    public static let listAuditEntries = Method<
        Khach_V1_ListAuditEntriesRequest, Khach_V1_ListAuditEntriesResponse
    >(customers, "ListAuditEntries")
    /// Says which pages the caller sees, and where the server stands.
    public static let describeScope = Method<
        Khach_V1_DescribeScopeRequest, Khach_V1_DescribeScopeResponse
    >(sync, "DescribeScope")
    /// Pulls one page of changes after a cursor.
    public static let pullChanges = Method<
        Khach_V1_PullChangesRequest, Khach_V1_PullChangesResponse
    >(sync, "PullChanges")
    /// Watches for changes: says when to pull.
    public static let watchChanges = StreamingMethod<
        Khach_V1_WatchChangesRequest, Khach_V1_WatchChangesResponse
    >(sync, "WatchChanges")
    /// Reads sums over what the server has.
    public static let getDigests = Method<
        Khach_V1_GetDigestsRequest, Khach_V1_GetDigestsResponse
    >(sync, "GetDigests")
    /// Lists what the slots of a page hold, without the records.
    public static let listRevisions = Method<
        Khach_V1_ListRevisionsRequest, Khach_V1_ListRevisionsResponse
    >(sync, "ListRevisions")
    /// Reads records by id.
    public static let batchGetRecords = Method<
        Khach_V1_BatchGetRecordsRequest, Khach_V1_BatchGetRecordsResponse
    >(sync, "BatchGetRecords")
    /// Sends what was changed on a cache.
    public static let pushMutations = Method<
        Khach_V1_PushMutationsRequest, Khach_V1_PushMutationsResponse
    >(sync, "PushMutations")
    /// Asks whether a service can answer.
    public static let check = Method<
        Grpc_Health_V1_HealthCheckRequest, Grpc_Health_V1_HealthCheckResponse
    >(health, "Check")
    /// Says whether a service can answer, and each change of that.
    public static let watch = StreamingMethod<
        Grpc_Health_V1_HealthCheckRequest, Grpc_Health_V1_HealthCheckResponse
    >(health, "Watch")

    /// Every method, in the order of the schema.
    public static let all: [AnyMethod] = [
        AnyMethod(createBusiness),
        AnyMethod(updateBusiness),
        AnyMethod(listBusinesses),
        AnyMethod(createPage),
        AnyMethod(updatePage),
        AnyMethod(listPages),
        AnyMethod(setRoleAccounts),
        AnyMethod(listRoleAccounts),
        AnyMethod(listBlockCapabilities),
        AnyMethod(createToken),
        AnyMethod(rotateToken),
        AnyMethod(revokeToken),
        AnyMethod(listTokens),
        AnyMethod(getLimits),
        AnyMethod(recordInteractions),
        AnyMethod(recordProfiles),
        AnyMethod(getCustomer),
        AnyMethod(listCustomers),
        AnyMethod(countCustomers),
        AnyMethod(getStatistics),
        AnyMethod(updateCustomer),
        AnyMethod(addContactPoint),
        AnyMethod(rejectContactPoint),
        AnyMethod(pinContactPoint),
        AnyMethod(explainContactPoint),
        AnyMethod(blockCustomers),
        AnyMethod(unblockCustomers),
        AnyMethod(settleBlocks),
        AnyMethod(listPendingBlocks),
        AnyMethod(linkIdentity),
        AnyMethod(eraseCustomer),
        AnyMethod(redetectContacts),
        AnyMethod(exportCustomers),
        AnyMethod(listAuditEntries),
        AnyMethod(describeScope),
        AnyMethod(pullChanges),
        AnyMethod(watchChanges),
        AnyMethod(getDigests),
        AnyMethod(listRevisions),
        AnyMethod(batchGetRecords),
        AnyMethod(pushMutations),
        AnyMethod(check),
        AnyMethod(watch),
    ]

    /// The method that `path` names: `service/method`, with or without the package of the service
    /// and a leading slash.
    ///
    /// `nil` when none is, or when more than one is.
    public static func method(at path: String) -> AnyMethod? {
        let name = path.hasPrefix("/") ? String(path.dropFirst()) : path
        if let exact = self.all.first(where: { $0.path == name }) { return exact }

        let matches = self.all.filter { $0.path.hasSuffix(".\(name)") }
        return matches.count == 1 ? matches.first : nil
    }
}
