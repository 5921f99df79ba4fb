internal import Foundation
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachService

/// A request with so many, or so long a text, of what one limit bounds.
struct LimitCase: Sendable {
    var method: String
    var field: String
    var request: @Sendable (BadInputShop, Int) -> any Message

    static let all: [String: LimitCase] = directory.merging(customers) { one, _ in one }
        .merging(sync) { one, _ in one }

    private static func at(
        _ method: String,
        _ field: String,
        _ request: @escaping @Sendable (BadInputShop, Int) -> any Message
    ) -> LimitCase {
        LimitCase(method: "khach.v1.\(method)", field: field, request: request)
    }

    private static func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    private static func day(after2026 days: Int) -> String {
        Date(timeIntervalSince1970: Double(20_454 + days) * 86_400)
            .formatted(.iso8601.year().month().day())
    }

    private static func ids(_ letter: String, _ count: Int) -> [String] {
        (0..<count).map { number in
            let digits = "\(number)"
            return letter + String(repeating: "0", count: 13 - digits.count) + digits
        }
    }

    private static let directory: [String: LimitCase] = [
        "business_name": at("DirectoryService/CreateBusiness", "name") { _, count in
            // Two bytes each: what counts are code points.
            Khach_V1_CreateBusinessRequest.with { $0.name = .init(repeating: "é", count: count) }
        },
        "external_id": at("DirectoryService/CreatePage", "external_page_id") { shop, count in
            Khach_V1_CreatePageRequest.with {
                $0.businessID = shop.business
                $0.channel = .facebook
                $0.externalPageID = text(count)
                $0.name = "An"
            }
        },
        "role_accounts": at("DirectoryService/SetRoleAccounts", "accounts") { shop, count in
            Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = shop.page
                $0.actor = "lan"
                $0.accounts = (0..<count).map { number in
                    .with {
                        $0.externalUserID = "r\(number)"
                        $0.roles = ["admin"]
                    }
                }
            }
        },
        "token_pages": at("DirectoryService/CreateToken", "page_ids") { shop, count in
            Khach_V1_CreateTokenRequest.with {
                $0.name = "An"
                $0.businessID = shop.business
                $0.pageIds = ids("p", count)
                $0.permissions = [.read]
                $0.actor = "lan"
            }
        },
        "page_rows": at("DirectoryService/ListBusinesses", "page_size") { _, count in
            Khach_V1_ListBusinessesRequest.with { $0.pageSize = UInt32(count) }
        },
        "interactions_batch": at(
            "InteractionService/RecordInteractions",
            "interactions"
        ) { _, count in
            Khach_V1_RecordInteractionsRequest.with {
                $0.interactions = .init(repeating: .init(), count: count)
            }
        },
    ]

    private static func updated(
        _ change: @escaping @Sendable (inout Khach_V1_UpdateCustomerRequest, Int) -> Void
    ) -> @Sendable (BadInputShop, Int) -> any Message {
        { shop, count in
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = shop.customer
                $0.updateMask.paths = ["address"]
                $0.mutation.actor = "lan"
                change(&$0, count)
            }
        }
    }

    private static func blocked(
        _ change: @escaping @Sendable (inout Khach_V1_BlockCustomersRequest, Int) -> Void
    ) -> @Sendable (BadInputShop, Int) -> any Message {
        { shop, count in
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = [shop.customer]
                $0.mutation.actor = "lan"
                change(&$0, count)
            }
        }
    }

    private static let customers: [String: LimitCase] = [
        "actor": at(
            "CustomerService/UpdateCustomer",
            "mutation.actor",
            updated { $0.mutation.actor = text($1) }
        ),
        "address": at(
            "CustomerService/UpdateCustomer",
            "address",
            updated { $0.address = text($1) }
        ),
        "request_id": at(
            "CustomerService/UpdateCustomer",
            "mutation.request_id",
            updated { $0.mutation.requestID = text($1) }
        ),
        "block_batch": at(
            "CustomerService/BlockCustomers",
            "ids",
            blocked { $0.ids = ids("c", $1) }
        ),
        "reason": at("CustomerService/BlockCustomers", "reason", blocked { $0.reason = text($1) }),
        "contact_value": at("CustomerService/AddContactPoint", "value") { shop, count in
            Khach_V1_AddContactPointRequest.with {
                $0.id = shop.customer
                $0.kind = .email
                $0.value = text(count)
                $0.mutation.actor = "lan"
            }
        },
        "export_ids": at("CustomerService/ExportCustomers", "ids") { shop, count in
            Khach_V1_ExportCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.format = .csv
                $0.ids = ids("c", count)
                $0.mutation.actor = "lan"
            }
        },
        "filter_pages": at("CustomerService/CountCustomers", "filter.page_ids") { shop, count in
            Khach_V1_CountCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.filter.pageIds = ids("p", count)
            }
        },
        "name_query": at("CustomerService/CountCustomers", "filter.name_query") { shop, count in
            Khach_V1_CountCustomersRequest.with {
                $0.filter.businessID = shop.business
                $0.filter.nameQuery = text(count)
            }
        },
        "statistics_days": at("CustomerService/GetStatistics", "day_to") { shop, count in
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = shop.business
                $0.dayFrom = "2026-01-01"
                $0.dayTo = day(after2026: count - 1)
            }
        },
    ]

    private static let sync: [String: LimitCase] = [
        "digest_pages": at("SyncService/GetDigests", "page_ids") { shop, count in
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = shop.business
                $0.pageIds = ids("p", count)
            }
        },
        "mutations_batch": at("SyncService/PushMutations", "mutations") { shop, count in
            Khach_V1_PushMutationsRequest.with {
                $0.businessID = shop.business
                $0.clientID = .init(repeating: 7, count: 16)
                $0.mutations = (0..<count).map { number in
                    .with {
                        $0.mutationID = UInt64(number) + 1
                        $0.customerID = shop.customer
                        $0.actor = "lan"
                        $0.address.text = "x"
                    }
                }
            }
        },
        "pull_bytes": at("SyncService/PullChanges", "page_bytes_max") { shop, count in
            Khach_V1_PullChangesRequest.with {
                $0.businessID = shop.business
                $0.pageBytesMax = UInt32(count)
            }
        },
        "records_batch": at("SyncService/BatchGetRecords", "ids") { shop, count in
            Khach_V1_BatchGetRecordsRequest.with {
                $0.businessID = shop.business
                $0.ids = ids("c", count)
            }
        },
    ]
}

@Suite("Limits")
struct LimitTests {
    @Test("every limit of requests has a case here")
    func complete() {
        #expect(Set(EnforcedLimit.requests.map(\.name)) == Set(LimitCase.all.keys))
    }

    @Test(
        "n-1 and n are taken, n+1 is refused and names its field",
        arguments: EnforcedLimit.requests
    )
    func bounds(_ limit: EnforcedLimit) async throws {
        let row = try #require(LimitCase.all[limit.name])
        for (count, isRefused) in [
            (limit.value - 1, false), (limit.value, false), (limit.value + 1, true),
        ] {
            let harness = ServiceHarness()
            let shop = try await BadInputShop(in: harness)
            let payload: Payload = try row.request(shop, count).serializedBytes()
            let status = await harness.status(row.method, payload)
            let names =
                status?.code == .invalidArgument
                && (status?.message.hasPrefix(row.field) ?? false)
                && (status?.message.contains("\(limit.value)") ?? false)
            #expect(names == isRefused, "\(count): \(String(describing: status))")
        }
    }

    @Test("GetLimits tells those of requests, of what is held, and of what is around")
    func told() async throws {
        var environment = ServiceHarness().environment
        environment.surroundingLimits = [EnforcedLimit("around", 7, .milliseconds, "a test")]
        let rows = khachRows(environment)
        guard
            case .inPlace(let body) = rows.services["khach.v1.DirectoryService"]?["GetLimits"]?
                .handler
        else { throw Status(.internal, "a method in place expected") }

        let payload = try body(CallContext(service: "", method: ""), Payload())
        let reply = try Khach_V1_GetLimitsResponse(serializedBytes: payload)
        #expect(reply.limits.count == EnforcedLimit.requests.count + EnforcedLimit.held.count + 1)
        #expect(reply.limits.map(\.name) == reply.limits.map(\.name).sorted())
        #expect(!reply.limits.contains { $0.unit == .unspecified || $0.value <= 0 })
        let around = try #require(reply.limits.first { $0.name == "around" })
        #expect(around.value == 7)
        #expect(around.unit == .milliseconds)
    }
}
