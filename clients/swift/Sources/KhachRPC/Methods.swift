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
    /// Lists the businesses, a page at a time.
    public static let listBusinesses = Method<
        Khach_V1_ListBusinessesRequest, Khach_V1_ListBusinessesResponse
    >(directory, "ListBusinesses")
    /// Makes a page of a business.
    public static let createPage = Method<
        Khach_V1_CreatePageRequest, Khach_V1_CreatePageResponse
    >(directory, "CreatePage")
    /// Lists the pages of a business, a page of the list at a time.
    public static let listPages = Method<
        Khach_V1_ListPagesRequest, Khach_V1_ListPagesResponse
    >(directory, "ListPages")
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
    /// Exports customers as a file, in chunks.
    public static let exportCustomers = StreamingMethod<
        Khach_V1_ExportCustomersRequest, Khach_V1_ExportCustomersResponse
    >(customers, "ExportCustomers")
    /// Pulls one page of changes after a cursor.
    public static let pullChanges = Method<
        Khach_V1_PullChangesRequest, Khach_V1_PullChangesResponse
    >(sync, "PullChanges")
    /// Asks whether a service can answer.
    public static let check = Method<
        Grpc_Health_V1_HealthCheckRequest, Grpc_Health_V1_HealthCheckResponse
    >(health, "Check")

    /// Every method, in the order of the schema.
    public static let all: [AnyMethod] = [
        AnyMethod(createBusiness),
        AnyMethod(listBusinesses),
        AnyMethod(createPage),
        AnyMethod(listPages),
        AnyMethod(recordInteractions),
        AnyMethod(recordProfiles),
        AnyMethod(getCustomer),
        AnyMethod(listCustomers),
        AnyMethod(countCustomers),
        AnyMethod(exportCustomers),
        AnyMethod(pullChanges),
        AnyMethod(check),
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
