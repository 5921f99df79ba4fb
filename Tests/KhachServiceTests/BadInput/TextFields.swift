internal import FoundationEssentials
internal import KhachProto
internal import SwiftProtobuf

extension TextField {
    static let author = ServiceHarness.mutation

    /// What people type, and what programs send: every text of every request.
    static let all: [TextField] = questions + exports + edits + blocks + directory

    private static func customers(_ method: String) -> String {
        "khach.v1.CustomerService/\(method)"
    }

    static func directory(_ method: String) -> String {
        "khach.v1.DirectoryService/\(method)"
    }

    private static func list(
        _ field: String,
        nul: Fate = .refused,
        invisible: Fate = .refused,
        text: @escaping @Sendable (BadInputShop) -> String,
        _ change: @escaping @Sendable (inout Khach_V1_ListCustomersRequest, String) -> Void
    ) -> TextField {
        TextField(
            method: self.customers("ListCustomers"),
            field: field,
            nul: nul,
            invisible: invisible,
            text: text
        ) { shop, text in
            Khach_V1_ListCustomersRequest.with {
                $0.filter.businessID = shop.business
                change(&$0, text)
            }
        }
    }

    private static let questions: [TextField] = [
        TextField(
            method: customers("GetCustomer"),
            field: "id",
            nul: .refused,
            invisible: .refused,
            text: { $0.customer }
        ) { _, text in Khach_V1_GetCustomerRequest.with { $0.id = text } },
        list("filter.business_id", text: { $0.business }) { $0.filter.businessID = $1 },
        list("filter.page_ids[1]", text: { $0.page }) {
            $0.filter.pageIds = ["p0000000000001", $1]
        },
        list("filter.created_from", text: { _ in "2026-01-31" }) { $0.filter.createdFrom = $1 },
        list("filter.created_to", text: { _ in "2026-01-31" }) { $0.filter.createdTo = $1 },
        list("filter.messaged_from", text: { _ in "2026-01-31" }) { $0.filter.messagedFrom = $1 },
        list("filter.messaged_to", text: { _ in "2026-01-31" }) { $0.filter.messagedTo = $1 },
        // A name with any of them is found by the rest of it.
        list("filter.name_query", nul: .accepted, invisible: .accepted, text: { _ in "lan anh" }) {
            $0.filter.nameQuery = $1
        },
        list("page_token", text: { _ in "00ff" }) { $0.pageToken = $1 },
        TextField(
            method: customers("CountCustomers"),
            field: "filter.created_to",
            nul: .refused,
            invisible: .refused,
            text: { _ in "2026-01-31" }
        ) { shop, text in
            Khach_V1_CountCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.filter.createdTo = text
            }
        },
        TextField(
            method: customers("GetStatistics"),
            field: "page_ids[0]",
            nul: .refused,
            invisible: .refused,
            text: { $0.page }
        ) { shop, text in
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = shop.business
                $0.dayFrom = "2026-01-01"
                $0.dayTo = "2026-01-31"
                $0.pageIds = [text]
            }
        },
        TextField(
            method: customers("GetStatistics"),
            field: "day_to",
            nul: .refused,
            invisible: .refused,
            text: { _ in "2026-01-31" }
        ) { shop, text in
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = shop.business
                $0.dayFrom = "2026-01-01"
                $0.dayTo = text
            }
        },
        TextField(
            method: customers("ListAuditEntries"),
            field: "customer_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.customer }
        ) { shop, text in
            Khach_V1_ListAuditEntriesRequest.with {
                $0.businessID = shop.business
                $0.customerID = text
            }
        },
        TextField(
            method: "khach.v1.SyncService/PullChanges",
            field: "business_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.business }
        ) { _, text in Khach_V1_PullChangesRequest.with { $0.businessID = text } },
        TextField(
            method: "khach.v1.SyncService/WatchChanges",
            field: "business_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.business }
        ) { _, text in Khach_V1_WatchChangesRequest.with { $0.businessID = text } },
        TextField(
            method: "khach.v1.SyncService/GetDigests",
            field: "page_ids[0]",
            nul: .refused,
            invisible: .refused,
            text: { $0.page }
        ) { shop, text in
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = shop.business
                $0.pageIds = [text]
            }
        },
        TextField(
            method: "khach.v1.SyncService/ListRevisions",
            field: "page_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.page }
        ) { shop, text in
            Khach_V1_ListRevisionsRequest.with {
                $0.businessID = shop.business
                $0.pageID = text
                $0.slots = [0]
            }
        },
        TextField(
            method: "khach.v1.SyncService/BatchGetRecords",
            field: "ids[0]",
            nul: .refused,
            invisible: .refused,
            text: { $0.customer }
        ) { shop, text in
            Khach_V1_BatchGetRecordsRequest.with {
                $0.businessID = shop.business
                $0.ids = [text]
            }
        },
        TextField(
            method: "khach.v1.SyncService/PushMutations",
            field: "business_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.business }
        ) { _, text in
            Khach_V1_PushMutationsRequest.with {
                $0.businessID = text
                $0.clientID = .init(Array(repeating: 7, count: 16))
            }
        },
    ]

    private static func export(
        _ field: String,
        invisible: Fate = .refused,
        text: @escaping @Sendable (BadInputShop) -> String,
        _ change: @escaping @Sendable (inout Khach_V1_ExportCustomersRequest, String) -> Void
    ) -> TextField {
        TextField(
            method: ServiceHarness.export,
            field: field,
            nul: .refused,
            invisible: invisible,
            text: text
        ) { shop, text in
            Khach_V1_ExportCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.format = .csv
                $0.mutation = author
                change(&$0, text)
            }
        }
    }

    private static let exports: [TextField] = [
        export("ids[0]", text: { $0.customer }) { $0.ids = [$1] },
        export("separator", text: { _ in ";" }) { $0.separator = $1 },
        export("mutation.actor", invisible: .accepted, text: { _ in "lan" }) {
            $0.mutation.actor = $1
        },
        export("mutation.request_id", invisible: .accepted, text: { _ in "r1" }) {
            $0.mutation.requestID = $1
        },
    ]

    private static func update(
        _ field: String,
        nul: Fate = .refused,
        invisible: Fate = .accepted,
        text: String = "abcdef",
        _ change: @escaping @Sendable (inout Khach_V1_UpdateCustomerRequest, String) -> Void
    ) -> TextField {
        TextField(
            method: self.customers("UpdateCustomer"),
            field: field,
            nul: nul,
            invisible: invisible,
            text: { _ in text }
        ) { shop, text in
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = shop.customer
                $0.updateMask.paths = ["address", "manual_name"]
                $0.mutation = author
                change(&$0, text)
            }
        }
    }

    private static let edits: [TextField] = [
        update("address", text: "12 Lý Thường Kiệt") { $0.address = $1 },
        // Dropped, as from a channel's name.
        update("manual_name", nul: .accepted, text: "Lan Anh") { $0.manualName = $1 },
        update("update_mask", invisible: .refused, text: "address") { $0.updateMask.paths = [$1] },
        update("mutation.actor", text: "lan") { $0.mutation.actor = $1 },
        update("mutation.request_id", text: "r1") { $0.mutation.requestID = $1 },
        TextField(
            method: customers("AddContactPoint"),
            field: "value",
            nul: .refused,
            // In a number they are not looked at (P1).
            invisible: .accepted,
            text: { _ in "0912345678" }
        ) { shop, text in
            Khach_V1_AddContactPointRequest.with {
                $0.id = shop.customer
                $0.kind = .phone
                $0.value = text
                $0.mutation = author
            }
        },
        TextField(
            method: customers("ExplainContactPoint"),
            field: "value",
            nul: .refused,
            invisible: .accepted,
            text: { _ in "0912345678" }
        ) { shop, text in
            Khach_V1_ExplainContactPointRequest.with {
                $0.id = shop.customer
                $0.kind = .phone
                $0.value = text
            }
        },
        TextField(
            method: customers("LinkIdentity"),
            field: "identity.external_user_id",
            nul: .refused,
            // Ids are their bytes (I1).
            invisible: .accepted
        ) { shop, text in
            Khach_V1_LinkIdentityRequest.with {
                $0.id = shop.customer
                $0.identity.kind = "ASID"
                $0.identity.externalUserID = text
                $0.mutation = author
            }
        },
        TextField(
            method: customers("RedetectContacts"),
            field: "page_token",
            nul: .refused,
            invisible: .refused,
            text: { _ in "00ff" }
        ) { shop, text in
            Khach_V1_RedetectContactsRequest.with {
                $0.businessID = shop.business
                $0.pageToken = text
                $0.mutation = author
            }
        },
        TextField(
            method: customers("EraseCustomer"),
            field: "mutation.request_id",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_EraseCustomerRequest.with {
                $0.id = shop.customer
                $0.mutation = author
                $0.mutation.requestID = text
            }
        },
    ]

    private static let blocks: [TextField] = [
        TextField(
            method: customers("BlockCustomers"),
            field: "reason",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = [shop.customer]
                $0.reason = text
                $0.mutation = author
            }
        },
        TextField(
            method: customers("UnblockCustomers"),
            field: "mutation.actor",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_UnblockCustomersRequest.with {
                $0.ids = [shop.customer]
                $0.mutation.actor = text
            }
        },
        TextField(
            method: customers("SettleBlocks"),
            field: "verdicts[1].error",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_SettleBlocksRequest.with {
                $0.verdicts = ["fine", text].map { text in
                    .with {
                        $0.customerID = shop.customer
                        $0.error = text
                    }
                }
                $0.mutation = author
            }
        },
        TextField(
            method: customers("ListPendingBlocks"),
            field: "page_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.page }
        ) { _, text in Khach_V1_ListPendingBlocksRequest.with { $0.pageID = text } },
    ]
}
