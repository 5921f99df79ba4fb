internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// What a filter, an order and a question of statistics may say, and what becomes of the rest.
@Suite("Questions")
struct QuestionMethodsTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var field: String
        var change: @Sendable (inout Khach_V1_ListCustomersRequest) -> Void
        var testDescription: String { self.field }
    }

    static let refused: [Refused] = [
        Refused(field: "filter.messaged_from") { $0.filter.messagedFrom = "yesterday" },
        Refused(field: "filter.messaged_to") {
            $0.filter.messagedFrom = "2026-02-02"
            $0.filter.messagedTo = "2026-02-01"
        },
        Refused(field: "filter.messaged_kind") { $0.filter.messagedKind = .UNRECOGNIZED(9) },
        Refused(field: "filter.has_phone") { $0.filter.hasPhone_p = .UNRECOGNIZED(3) },
        Refused(field: "filter.has_email") { $0.filter.hasEmail_p = .UNRECOGNIZED(-1) },
        Refused(field: "filter.blocked") { $0.filter.blocked = .UNRECOGNIZED(7) },
        Refused(field: "filter.channels[1]") { $0.filter.channels = [.facebook, .unspecified] },
        Refused(field: "filter.channels") {
            $0.filter.channels = Array(repeating: .facebook, count: 17)
        },
        Refused(field: "filter.name_statuses[0]") {
            $0.filter.nameStatuses = [.UNRECOGNIZED(5)]
        },
        Refused(field: "filter.name_statuses") {
            $0.filter.nameStatuses = Array(repeating: .real, count: 5)
        },
        Refused(field: "filter.name_query") { $0.filter.nameQuery = "\u{200B} " },
        Refused(field: "filter.name_query") {
            $0.filter.nameQuery = String(repeating: "a", count: 1_001)
        },
        Refused(field: "filter.name_query") {
            $0.filter.nameQuery = String(repeating: "a ", count: 65)
        },
        Refused(field: "filter") {
            $0.filter.channels = Array(repeating: .facebook, count: 70_000)
        },
        Refused(field: "order") { $0.order = .UNRECOGNIZED(5) },
        Refused(field: "order") { $0.order = .relevance },
    ]

    @Test("a condition that is none is refused by its field", arguments: refused)
    func refuse(_ example: Refused) async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        var request = Khach_V1_ListCustomersRequest()
        request.filter.businessID = shop.business.id
        example.change(&request)
        let status = try await harness.refusal(
            "khach.v1.CustomerService/ListCustomers",
            request
        )
        #expect(status.code == .invalidArgument)
        #expect(status.message.hasPrefix("\(example.field): "), "\(status.message)")
    }

    @Test("a token goes on only with its own filter and order")
    func tokens() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record(
            (0..<3).map { number in
                .with {
                    $0.channel = shop.page.channel
                    $0.externalPageID = shop.page.externalPageID
                    $0.eventKey = "m\(number)"
                    $0.externalUserID = "u\(number)"
                    $0.direction = .inbound
                    $0.kind = .message
                    $0.occurredAt = .init(seconds: 1_750_000_000 + Int64(number))
                    $0.nameHint = "Lan \(number)"
                }
            }
        )
        var request = Khach_V1_ListCustomersRequest()
        request.filter.businessID = shop.business.id
        request.filter.nameQuery = "lan"
        request.pageSize = 1
        let name = "khach.v1.CustomerService/ListCustomers"
        let first: Khach_V1_ListCustomersResponse = try await harness.call(name, request)
        request.pageToken = first.nextPageToken
        let second: Khach_V1_ListCustomersResponse = try await harness.call(name, request)
        #expect(second.customers.map(\.name) == ["Lan 1"])

        // Relevance is what was meant; saying so changes nothing.
        request.order = .relevance
        let again: Khach_V1_ListCustomersResponse = try await harness.call(name, request)
        #expect(again.customers == second.customers)
        for change: (inout Khach_V1_ListCustomersRequest) -> Void in [
            { $0.order = .createdAscending }, { $0.filter.nameQuery = "la" },
            { $0.filter.hasPhone_p = .no }, { $0.filter.blocked = .no },
            { $0.filter.messagedFrom = "2025-01-01" }, { $0.filter.channels = [.facebook] },
        ] {
            var other = request
            change(&other)
            let status = try await harness.refusal(name, other)
            #expect(status.code == .invalidArgument)
            #expect(status.message.hasPrefix("page_token: "), "\(status.message)")
        }
    }

    struct RefusedStatistics: Sendable, CustomTestStringConvertible {
        var field: String
        var change: @Sendable (inout Khach_V1_GetStatisticsRequest) -> Void
        var testDescription: String { self.field }
    }

    static let refusedStatistics: [RefusedStatistics] = [
        RefusedStatistics(field: "business_id") { $0.businessID = "x" },
        RefusedStatistics(field: "page_ids[0]") { $0.pageIds = ["x"] },
        RefusedStatistics(field: "page_ids") {
            $0.pageIds = Array(repeating: "p0000000000001", count: 1_001)
        },
        RefusedStatistics(field: "channels[0]") { $0.channels = [.unspecified] },
        RefusedStatistics(field: "channels") {
            $0.channels = Array(repeating: .facebook, count: 100_000)
        },
        RefusedStatistics(field: "day_from") { $0.dayFrom = "" },
        RefusedStatistics(field: "day_to") { $0.dayTo = "" },
        RefusedStatistics(field: "day_to") { $0.dayTo = "2026-12-31" },
        RefusedStatistics(field: "day_to") { $0.dayTo = "2024-12-31" },
        RefusedStatistics(field: "grouping") { $0.grouping = .UNRECOGNIZED(4) },
        RefusedStatistics(field: "basis") { $0.basis = .UNRECOGNIZED(-1) },
    ]

    @Test(
        "a question of statistics that is none is refused by its field",
        arguments: refusedStatistics
    )
    func refuseStatistics(_ example: RefusedStatistics) async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        var request = Khach_V1_GetStatisticsRequest()
        request.businessID = shop.business.id
        request.dayFrom = "2025-01-01"
        request.dayTo = "2025-01-31"
        example.change(&request)
        let status = try await harness.refusal(
            "khach.v1.CustomerService/GetStatistics",
            request
        )
        #expect(status.code == .invalidArgument)
        #expect(status.message.hasPrefix("\(example.field): "), "\(status.message)")
    }

    @Test("the longest range is answered, and one day more is not")
    func longest() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        var request = Khach_V1_GetStatisticsRequest()
        request.businessID = shop.business.id
        request.dayFrom = "2025-01-01"
        request.dayTo = "2026-02-04"
        let reply: Khach_V1_GetStatisticsResponse = try await harness.call(
            "khach.v1.CustomerService/GetStatistics",
            request
        )
        #expect(reply.rows.isEmpty && reply.totals.isEmpty)
        request.dayTo = "2026-02-05"
        let status = try await harness.refusal("khach.v1.CustomerService/GetStatistics", request)
        #expect(status.message.hasPrefix("day_to: at most 400 days expected"))
    }
}
