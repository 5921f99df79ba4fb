internal import KhachProto
internal import SwiftProtobuf
internal import Testing

/// A question that cannot be answered, and the field that says why.
struct RefusedCall: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var method: String
    var field: String
    var request: @Sendable (BadInputShop) -> any Message

    static let all: [RefusedCall] = lists + statistics + exports + batches

    private static let service = "khach.v1.CustomerService"

    // MARK: Lists

    private static func list(
        _ what: String,
        _ field: String,
        _ change: @escaping @Sendable (inout Khach_V1_ListCustomersRequest) -> Void
    ) -> RefusedCall {
        RefusedCall(
            testDescription: "list, \(what)",
            method: "\(self.service)/ListCustomers",
            field: field
        ) { shop in
            Khach_V1_ListCustomersRequest.with {
                $0.filter.businessID = shop.business
                change(&$0)
            }
        }
    }

    private static let lists: [RefusedCall] =
        [
            "0000-01-01", "1969-12-31", "10000-01-01", "2026-02-29", "2026-13-01", "2026-00-10",
            "2026-01-00", "26-01-01", "2026-1-1", "01/02/2026", "2026-01-31T00:00:00Z", "-1",
            "2026-01-31 ", "２０２６-01-31", "hôm qua",
        ].flatMap { day in
            [
                list("created from \(day)", "filter.created_from") { $0.filter.createdFrom = day },
                list("messaged to \(day)", "filter.messaged_to") { $0.filter.messagedTo = day },
            ]
        } + [
            list("a range of created days that ends first", "filter.created_to") {
                $0.filter.createdFrom = "2026-02-02"
                $0.filter.createdTo = "2026-02-01"
            },
            list("a range of messaged days that ends first", "filter.messaged_to") {
                $0.filter.messagedFrom = "9999-12-31"
                $0.filter.messagedTo = "1970-01-01"
            },
            list("a day of 1 MB", "filter") {
                $0.filter.createdFrom = String(repeating: "1", count: 1 << 20)
            },
            list("a day of 10 kB", "filter.created_from") {
                $0.filter.createdFrom = String(repeating: "1", count: 10_000)
            },
            list("a name of 10 kB", "filter.name_query") {
                $0.filter.nameQuery = String(repeating: "Đặng ", count: 1_250)
            },
            list("1,001 pages", "filter.page_ids") {
                $0.filter.pageIds = Array(repeating: "p0000000000001", count: 1_001)
            },
            list("1,001 pages of no bytes", "filter.page_ids") {
                $0.filter.pageIds = Array(repeating: "", count: 1_001)
            },
            list("a page of 60 kB", "filter.page_ids[0]") {
                $0.filter.pageIds = [String(repeating: "p", count: 60_000)]
            },
            list("a customer among the pages", "filter.page_ids[1]") {
                $0.filter.pageIds = ["p0000000000001", "c0000000000001"]
            },
            list("1,001 rows", "page_size") { $0.pageSize = 1_001 },
            list("as many rows as there are numbers", "page_size") { $0.pageSize = .max },
            list("an order of a later version", "order") { $0.order = .UNRECOGNIZED(77) },
            list("a channel of a later version", "filter.channels[0]") {
                $0.filter.channels = [.UNRECOGNIZED(300)]
            },
            list("a kind of a later version", "filter.messaged_kind") {
                $0.filter.messagedKind = .UNRECOGNIZED(-1)
            },
        ]

    // MARK: Statistics

    private static func statistics(
        _ what: String,
        _ field: String,
        _ change: @escaping @Sendable (inout Khach_V1_GetStatisticsRequest) -> Void
    ) -> RefusedCall {
        RefusedCall(
            testDescription: "statistics, \(what)",
            method: "\(self.service)/GetStatistics",
            field: field
        ) { shop in
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = shop.business
                $0.dayFrom = "2026-01-01"
                $0.dayTo = "2026-01-31"
                change(&$0)
            }
        }
    }

    private static let statistics: [RefusedCall] = [
        statistics("401 days", "day_to") { $0.dayTo = "2027-02-05" },
        statistics("8,000 years", "day_to") {
            $0.dayFrom = "1970-01-01"
            $0.dayTo = "9999-12-31"
        },
        statistics("a range that ends first", "day_to") { $0.dayTo = "2025-12-31" },
        statistics("the year 0", "day_from") { $0.dayFrom = "0000-01-01" },
        statistics("no first day", "day_from") { $0.dayFrom = "" },
        statistics("no last day", "day_to") { $0.dayTo = "" },
        statistics("1,001 pages", "page_ids") {
            $0.pageIds = Array(repeating: "p0000000000001", count: 1_001)
        },
        statistics("a page of 1 MB", "page_ids") {
            $0.pageIds = [String(repeating: "p", count: 1 << 20)]
        },
        statistics("100,000 channels", "channels") {
            $0.channels = Array(repeating: .facebook, count: 100_000)
        },
    ]

    // MARK: Exports

    private static func export(
        _ what: String,
        _ field: String,
        _ change: @escaping @Sendable (inout Khach_V1_ExportCustomersRequest) -> Void
    ) -> RefusedCall {
        RefusedCall(
            testDescription: "export, \(what)",
            method: ServiceHarness.export,
            field: field
        ) { shop in
            Khach_V1_ExportCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.mutation = ServiceHarness.mutation
                change(&$0)
            }
        }
    }

    private static let exports: [RefusedCall] = [
        export("a column that is none", "columns") { $0.columns = ["no", "salary"] },
        export("a column and more behind a NUL", "columns") { $0.columns = ["no\0\",\"x\":\"y"] },
        export("a column that ends too soon", "columns") { $0.columns = ["n"] },
        export("a column of no name", "columns") { $0.columns = [""] },
        export("a column of 1 MB", "columns") {
            $0.columns = [String(repeating: "n", count: 1 << 20)]
        },
        export("100,000 columns", "columns") {
            $0.columns = Array(repeating: "", count: 100_000)
        },
        export("a format of a later version", "format") { $0.format = .UNRECOGNIZED(99) },
        export("a language of a later version", "language") { $0.language = .UNRECOGNIZED(99) },
        export("a separator of two", "separator") { $0.separator = ";;" },
        export("a range that ends first", "filter.created_to") {
            $0.filter.createdFrom = "2026-02-02"
            $0.filter.createdTo = "2026-02-01"
        },
        export("10,001 customers", "ids") {
            $0.ids = Array(repeating: "c0000000000001", count: 10_001)
        },
        export("a token of no export", "resume_token") {
            $0.resumeToken = .init(repeating: 7, count: 64)
        },
        export("a token of 1 MB", "resume_token") {
            $0.resumeToken = .init(repeating: 7, count: 1 << 20)
        },
    ]

    // MARK: Batches and bodies

    private static let batches: [RefusedCall] = [
        RefusedCall(
            testDescription: "1,001 blocks",
            method: "\(service)/BlockCustomers",
            field: "ids"
        ) { shop in
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = Array(repeating: shop.customer, count: 1_001)
                $0.mutation = ServiceHarness.mutation
            }
        },
        RefusedCall(
            testDescription: "an address of 2,001 bytes",
            method: "\(service)/UpdateCustomer",
            field: "address"
        ) { shop in
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = shop.customer
                $0.updateMask.paths = ["address"]
                $0.address = String(repeating: "a", count: 2_001)
                $0.mutation = ServiceHarness.mutation
            }
        },
        RefusedCall(
            testDescription: "a name by hand of 10 kB",
            method: "\(service)/UpdateCustomer",
            field: "manual_name"
        ) { shop in
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = shop.customer
                $0.updateMask.paths = ["manual_name"]
                $0.manualName = String(repeating: "a", count: 10_000)
                $0.mutation = ServiceHarness.mutation
            }
        },
        RefusedCall(
            testDescription: "a business's name of 10 kB",
            method: "khach.v1.DirectoryService/CreateBusiness",
            field: "name"
        ) { _ in
            Khach_V1_CreateBusinessRequest.with { $0.name = String(repeating: "a", count: 10_000) }
        },
        RefusedCall(
            testDescription: "a page's name of nothing that can be seen",
            method: "khach.v1.DirectoryService/CreatePage",
            field: "name"
        ) { shop in
            Khach_V1_CreatePageRequest.with {
                $0.businessID = shop.business
                $0.channel = .facebook
                $0.externalPageID = "p9"
                $0.name = "\u{202E}\u{200B}\u{2060}"
            }
        },
        RefusedCall(
            testDescription: "100,000 changes of a page",
            method: "khach.v1.DirectoryService/UpdatePage",
            field: "update_mask"
        ) { shop in
            Khach_V1_UpdatePageRequest.with {
                $0.id = shop.page
                $0.actor = "lan"
                $0.name = "An"
                $0.updateMask.paths = Array(repeating: "name", count: 100_000)
            }
        },
        RefusedCall(
            testDescription: "a contact of 321 bytes",
            method: "\(service)/AddContactPoint",
            field: "value"
        ) { shop in
            Khach_V1_AddContactPointRequest.with {
                $0.id = shop.customer
                $0.kind = .phone
                $0.value = String(repeating: "0", count: 321)
                $0.mutation = ServiceHarness.mutation
            }
        },
    ]

    // MARK: Lists that go on

    /// Every list, asked to go on with a token.
    static let paged: [(name: String, request: @Sendable (BadInputShop, String) -> any Message)] = [
        (
            "khach.v1.DirectoryService/ListBusinesses",
            { _, token in Khach_V1_ListBusinessesRequest.with { $0.pageToken = token } }
        ),
        (
            "khach.v1.DirectoryService/ListPages",
            { shop, token in
                Khach_V1_ListPagesRequest.with {
                    $0.businessID = shop.business
                    $0.pageToken = token
                }
            }
        ),
        (
            "\(service)/ListAuditEntries",
            { shop, token in
                Khach_V1_ListAuditEntriesRequest.with {
                    $0.businessID = shop.business
                    $0.pageToken = token
                }
            }
        ),
        (
            "\(service)/ListPendingBlocks",
            { shop, token in
                Khach_V1_ListPendingBlocksRequest.with {
                    $0.pageID = shop.page
                    $0.pageToken = token
                }
            }
        ),
        (
            "\(service)/RedetectContacts",
            { shop, token in
                Khach_V1_RedetectContactsRequest.with {
                    $0.businessID = shop.business
                    $0.pageToken = token
                    $0.mutation = ServiceHarness.mutation
                }
            }
        ),
        (
            // The same list of another order.
            "\(service)/ListCustomers",
            { shop, token in
                Khach_V1_ListCustomersRequest.with {
                    $0.filter.businessID = shop.business
                    $0.order = .createdAscending
                    $0.pageToken = token
                }
            }
        ),
        (
            // The same list of another filter.
            ServiceHarness.export,
            { shop, token in
                Khach_V1_ExportCustomersRequest.with {
                    $0.filter.businessID = shop.business
                    $0.filter.hasPhone_p = .yes
                    $0.format = .csv
                    $0.onePage = true
                    $0.pageToken = token
                    $0.mutation = ServiceHarness.mutation
                }
            }
        ),
    ]
}
