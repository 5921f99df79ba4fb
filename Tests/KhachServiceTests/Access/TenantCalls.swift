internal import KhachProto
internal import SwiftProtobuf

/// Whom a call is about.
struct Tenant: Sendable {
    var business: String
    var page: String
    /// The channel's name for the page.
    var externalPage: String
    var customer: String
    /// Another one of the page.
    var other: String
    var token: String

    var ids: [String] { [self.business, self.page, self.customer, self.other, self.token] }
}

/// A call of each method about one tenant: a method without one fails the matrix.
struct TenantCall: Sendable {
    /// What of a tenant the call names: the most of it that it can.
    enum Subject {
        case nobody
        case business
        case page
    }

    var subject: Subject
    var request: @Sendable (Tenant) -> any Message

    private init(_ subject: Subject, _ request: @escaping @Sendable (Tenant) -> any Message) {
        self.subject = subject
        self.request = request
    }

    static let all: [String: TenantCall] = Dictionary(
        uniqueKeysWithValues: [
            ("khach.v1.DirectoryService", directory), ("khach.v1.InteractionService", recorded),
            ("khach.v1.CustomerService", customers), ("khach.v1.SyncService", sync),
            ("grpc.health.v1.Health", health),
        ].flatMap { service, calls in calls.map { ("\(service)/\($0)", $1) } }
    )

    private static let health = [
        "Check": nobody(Grpc_Health_V1_HealthCheckRequest()),
        "Watch": nobody(Grpc_Health_V1_HealthCheckRequest()),
    ]

    private static let mutation = Khach_V1_Mutation.with { $0.actor = "lan" }

    private static func nobody(_ request: some Message) -> TenantCall {
        TenantCall(.nobody) { _ in request }
    }

    private static func call<Request: Message>(
        _ subject: Subject,
        _ type: Request.Type = Request.self,
        _ fill: @escaping @Sendable (inout Request, Tenant) -> Void
    ) -> TenantCall {
        TenantCall(subject) { tenant in
            var request = Request()
            fill(&request, tenant)
            return request
        }
    }

    private static let directory: [String: TenantCall] = [
        "CreateBusiness": nobody(Khach_V1_CreateBusinessRequest.with { $0.name = "New" }),
        "UpdateBusiness": call(.business, Khach_V1_UpdateBusinessRequest.self) {
            $0.id = $1.business
            $0.name = "Other"
            $0.actor = "lan"
        },
        "ListBusinesses": nobody(Khach_V1_ListBusinessesRequest()),
        "CreatePage": call(.business, Khach_V1_CreatePageRequest.self) {
            $0.businessID = $1.business
            $0.channel = .facebook
            $0.externalPageID = "new"
            $0.name = "New"
        },
        "UpdatePage": call(.page, Khach_V1_UpdatePageRequest.self) {
            $0.id = $1.page
            $0.updateMask = .with { $0.paths = ["name"] }
            $0.name = "Other"
            $0.actor = "lan"
        },
        "ListPages": call(.business, Khach_V1_ListPagesRequest.self) {
            $0.businessID = $1.business
        },
        "SetRoleAccounts": call(.page, Khach_V1_SetRoleAccountsRequest.self) {
            $0.pageID = $1.page
            $0.actor = "lan"
        },
        "ListRoleAccounts": call(.page, Khach_V1_ListRoleAccountsRequest.self) {
            $0.pageID = $1.page
        },
        "ListBlockCapabilities": nobody(Khach_V1_ListBlockCapabilitiesRequest()),
        "GetLimits": nobody(Khach_V1_GetLimitsRequest()),
        "CreateToken": call(.page, Khach_V1_CreateTokenRequest.self) {
            $0.name = "New"
            $0.businessID = $1.business
            $0.pageIds = [$1.page]
            $0.permissions = [.read]
            $0.actor = "lan"
        },
        "RotateToken": call(.page, Khach_V1_RotateTokenRequest.self) {
            $0.id = $1.token
            $0.actor = "lan"
        },
        "RevokeToken": call(.page, Khach_V1_RevokeTokenRequest.self) {
            $0.id = $1.token
            $0.actor = "lan"
        },
        "ListTokens": nobody(Khach_V1_ListTokensRequest()),
    ]

    private static let recorded: [String: TenantCall] = [
        "RecordInteractions": call(.page, Khach_V1_RecordInteractionsRequest.self) {
            let page = $1.externalPage
            $0.interactions = [.sample("new") { $0.externalPageID = page }]
        },
        "RecordProfiles": call(.page, Khach_V1_RecordProfilesRequest.self) {
            let page = $1.externalPage
            $0.profiles = [
                .with {
                    $0.channel = .facebook
                    $0.externalPageID = page
                    $0.externalUserID = "u1"
                    $0.observedAt = Google_Protobuf_Timestamp(seconds: 1_780_000_000)
                    $0.name = "Lan"
                }
            ]
        },
    ]

    private static let customers: [String: TenantCall] = [
        "GetCustomer": call(.page, Khach_V1_GetCustomerRequest.self) { $0.id = $1.customer },
        "ListCustomers": call(.page, Khach_V1_ListCustomersRequest.self) {
            $0.filter.businessID = $1.business
            $0.filter.pageIds = [$1.page]
        },
        "CountCustomers": call(.page, Khach_V1_CountCustomersRequest.self) {
            $0.filter.businessID = $1.business
            $0.filter.pageIds = [$1.page]
        },
        "GetStatistics": call(.page, Khach_V1_GetStatisticsRequest.self) {
            $0.businessID = $1.business
            $0.pageIds = [$1.page]
            $0.dayFrom = "2026-05-01"
            $0.dayTo = "2026-05-02"
        },
        "ExportCustomers": call(.page, Khach_V1_ExportCustomersRequest.self) {
            $0.filter.businessID = $1.business
            $0.filter.pageIds = [$1.page]
            $0.format = .csv
            $0.mutation = mutation
        },
        "UpdateCustomer": call(.page, Khach_V1_UpdateCustomerRequest.self) {
            $0.id = $1.customer
            $0.updateMask = .with { $0.paths = ["address"] }
            $0.address = "12 Hàng Bạc"
            $0.mutation = mutation
        },
        "AddContactPoint": call(.page, Khach_V1_AddContactPointRequest.self) {
            $0.id = $1.customer
            $0.kind = .phone
            $0.value = "0912345679"
            $0.mutation = mutation
        },
        "RejectContactPoint": call(.page, Khach_V1_RejectContactPointRequest.self) {
            $0.id = $1.customer
            $0.kind = .phone
            $0.value = "0912345678"
            $0.mutation = mutation
        },
        "PinContactPoint": call(.page, Khach_V1_PinContactPointRequest.self) {
            $0.id = $1.customer
            $0.kind = .phone
            $0.value = "0912345678"
            $0.mutation = mutation
        },
        "ExplainContactPoint": call(.page, Khach_V1_ExplainContactPointRequest.self) {
            $0.id = $1.customer
            $0.kind = .phone
            $0.value = "0912345678"
        },
        "BlockCustomers": call(.page, Khach_V1_BlockCustomersRequest.self) {
            $0.ids = [$1.customer]
            $0.mutation = mutation
        },
        "UnblockCustomers": call(.page, Khach_V1_UnblockCustomersRequest.self) {
            $0.ids = [$1.customer]
            $0.mutation = mutation
        },
        "SettleBlocks": call(.page, Khach_V1_SettleBlocksRequest.self) {
            let customer = $1.customer
            $0.verdicts = [.with { $0.customerID = customer }]
            $0.mutation = mutation
        },
        "ListPendingBlocks": call(.page, Khach_V1_ListPendingBlocksRequest.self) {
            $0.pageID = $1.page
        },
        "LinkIdentity": call(.page, Khach_V1_LinkIdentityRequest.self) {
            $0.id = $1.customer
            $0.otherID = $1.other
            $0.mutation = mutation
        },
        "EraseCustomer": call(.page, Khach_V1_EraseCustomerRequest.self) {
            $0.id = $1.customer
            $0.mutation = mutation
        },
        "RedetectContacts": call(.business, Khach_V1_RedetectContactsRequest.self) {
            $0.businessID = $1.business
            $0.mutation = mutation
        },
        "ListAuditEntries": call(.business, Khach_V1_ListAuditEntriesRequest.self) {
            $0.businessID = $1.business
        },
    ]

    private static let sync: [String: TenantCall] = [
        "DescribeScope": call(.business, Khach_V1_DescribeScopeRequest.self) {
            $0.businessID = $1.business
        },
        "PullChanges": call(.business, Khach_V1_PullChangesRequest.self) {
            $0.businessID = $1.business
        },
        "WatchChanges": call(.business, Khach_V1_WatchChangesRequest.self) {
            $0.businessID = $1.business
        },
        "PushMutations": call(.page, Khach_V1_PushMutationsRequest.self) {
            let customer = $1.customer
            $0.businessID = $1.business
            $0.clientID = .init(repeating: 7, count: 16)
            $0.mutations = [
                .with {
                    $0.mutationID = 1
                    $0.customerID = customer
                    $0.actor = "lan"
                    $0.address.text = "12 Hàng Bạc"
                }
            ]
        },
        "GetDigests": call(.page, Khach_V1_GetDigestsRequest.self) {
            $0.businessID = $1.business
            $0.pageIds = [$1.page]
        },
        "ListRevisions": call(.page, Khach_V1_ListRevisionsRequest.self) {
            $0.businessID = $1.business
            $0.pageID = $1.page
            $0.slots = (0..<256).map { $0 }
        },
        "BatchGetRecords": call(.page, Khach_V1_BatchGetRecordsRequest.self) {
            $0.businessID = $1.business
            $0.ids = [$1.customer, $1.page]
        },
    ]
}
