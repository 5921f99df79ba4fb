internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Customer methods")
struct CustomerMethodsTests {
    private static let list = "khach.v1.CustomerService/ListCustomers"
    private static let count = "khach.v1.CustomerService/CountCustomers"
    private static let get = "khach.v1.CustomerService/GetCustomer"

    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Status.Code
        var field: String?
        var change: @Sendable (inout Khach_V1_ListCustomersRequest) -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "no business", code: .invalidArgument, field: "filter.business_id")
        {
            $0.filter.businessID = ""
        },
        Refused(
            testDescription: "a page's id for a business",
            code: .invalidArgument,
            field: "filter.business_id"
        ) {
            $0.filter.businessID = "p0000000000001"
        },
        Refused(testDescription: "a business that is not there", code: .notFound, field: nil) {
            $0.filter.businessID = "b0000000000001"
        },
        Refused(testDescription: "a page that is not there", code: .notFound, field: nil) {
            $0.filter.pageIds = ["p0000000000001"]
        },
        Refused(
            testDescription: "a page id that is none",
            code: .invalidArgument,
            field: "filter.page_ids[0]"
        ) {
            $0.filter.pageIds = ["x"]
        },
        Refused(
            testDescription: "a day that is none",
            code: .invalidArgument,
            field: "filter.created_from"
        ) {
            $0.filter.createdFrom = "2026-02-30"
        },
        Refused(
            testDescription: "days in the wrong order",
            code: .invalidArgument,
            field: "filter.created_to"
        ) {
            $0.filter.createdFrom = "2026-02-02"
            $0.filter.createdTo = "2026-02-01"
        },
        Refused(testDescription: "1,001 rows", code: .invalidArgument, field: "page_size") {
            $0.pageSize = 1_001
        },
        Refused(testDescription: "a made-up token", code: .invalidArgument, field: "page_token") {
            $0.pageToken = "00112233"
        },
        Refused(testDescription: "1,001 pages", code: .invalidArgument, field: "filter.page_ids") {
            $0.filter.pageIds = Array(repeating: "p0000000000001", count: 1_001)
        },
    ]

    @Test("a list is refused with the field that is wrong", arguments: refused)
    func refuses(_ example: Refused) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        var request = Khach_V1_ListCustomersRequest.with { $0.filter.businessID = business.id }
        example.change(&request)
        let status = try await harness.refusal(Self.list, request)
        #expect(status.code == example.code)
        #expect(status.field == example.field)
        #expect(status.message.contains("expected"))
    }

    @Test("a page of another business is not found")
    func foreignPage() async throws {
        let harness = ServiceHarness()
        let mine = try await harness.business()
        let theirs = try await harness.page(try await harness.business(), "p2")
        let status = try await harness.refusal(
            Self.list,
            Khach_V1_ListCustomersRequest.with {
                $0.filter.businessID = mine.id
                $0.filter.pageIds = [theirs.id]
            }
        )
        #expect(status.code == .notFound)
        #expect(status.reason == "NOT_FOUND")
    }

    @Test(
        "a list goes on page by page, newest first, each customer once",
        arguments: [1, 2, 3, 7, 8]
    )
    func pages(_ size: UInt32) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        _ = try await harness.record(
            (0..<7).map { number in
                .sample("m:\(number)") {
                    $0.externalUserID = "u\(number)"
                    // Pairs share a time, so that the id decides.
                    $0.occurredAt.seconds = 1_780_000_000 + Int64(number / 2) * 60
                }
            }
        )

        var found: [Khach_V1_Customer] = []
        var request = Khach_V1_ListCustomersRequest.with {
            $0.filter.businessID = business.id
            $0.pageSize = size
        }
        repeat {
            let reply: Khach_V1_ListCustomersResponse = try await harness.call(Self.list, request)
            #expect(reply.customers.count <= Int(size))
            found += reply.customers
            request.pageToken = reply.nextPageToken
        } while !request.pageToken.isEmpty

        #expect(found.count == 7)
        let keys = found.map { ($0.createdAt.seconds, $0.id) }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 > $1 })
    }

    @Test("a token of one filter is refused by another")
    func boundToken() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        _ = try await harness.record(
            (0..<3).map { number in
                .sample("m:\(number)") { $0.externalUserID = "u\(number)" }
            }
        )
        var request = Khach_V1_ListCustomersRequest.with {
            $0.filter.businessID = business.id
            $0.pageSize = 1
        }
        let reply: Khach_V1_ListCustomersResponse = try await harness.call(Self.list, request)
        try #require(!reply.nextPageToken.isEmpty)
        request.pageToken = reply.nextPageToken
        request.filter.createdFrom = "2026-01-01"
        #expect(try await harness.refusal(Self.list, request).field == "page_token")
    }

    @Test(
        "a created range is in local days, both inclusive (S17)",
        arguments: [
            ("2025-05-31", "2025-05-31", ["before"]), ("2025-06-01", "2025-06-01", ["after"]),
            ("2025-05-31", "2025-06-01", ["after", "before"]), ("2025-06-02", "", []),
            ("", "2025-05-30", []), ("", "", ["after", "before"]),
        ]
    )
    func localDays(_ from: String, _ to: String, _ users: [String]) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        _ = try await harness.record([
            .sample("m:1") {
                $0.externalUserID = "before"
                // 2025-05-31T16:59:59.999Z is the last millisecond of the day in Vietnam.
                $0.occurredAt = Google_Protobuf_Timestamp(
                    seconds: 1_748_710_799,
                    nanos: 999_000_000
                )
            },
            .sample("m:2") {
                $0.externalUserID = "after"
                $0.occurredAt.seconds = 1_748_710_800
            },
        ])
        let filter = Khach_V1_CustomerFilter.with {
            $0.businessID = business.id
            $0.createdFrom = from
            $0.createdTo = to
        }
        let reply: Khach_V1_ListCustomersResponse = try await harness.call(
            Self.list,
            Khach_V1_ListCustomersRequest.with { $0.filter = filter }
        )
        #expect(reply.customers.map(\.externalUserID) == users)
        let counted: Khach_V1_CountCustomersResponse = try await harness.call(
            Self.count,
            Khach_V1_CountCustomersRequest.with { $0.filter = filter }
        )
        #expect(counted.count == UInt64(users.count))
        #expect(!counted.isCapped)
    }

    @Test(
        "an id that is none is refused, one that is nobody's is not found",
        arguments: [
            ("", Status.Code.invalidArgument), ("c", .invalidArgument),
            ("b0000000000001", .invalidArgument), ("c00000000000l1", .invalidArgument),
            ("cz000000000001", .invalidArgument), ("c0000000000001", .notFound),
        ]
    )
    func unknownIDs(_ id: String, _ code: Status.Code) async throws {
        let status = try await ServiceHarness().refusal(
            Self.get,
            Khach_V1_GetCustomerRequest.with { $0.id = id }
        )
        #expect(status.code == code)
    }
}
