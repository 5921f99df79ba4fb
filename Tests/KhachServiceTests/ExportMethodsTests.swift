internal import KhachCore
internal import KhachProto
internal import KhachService
internal import KhachTestKit
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Exports")
struct ExportMethodsTests {
    // MARK: What is in it

    @Test("S23 a file has the columns of the screen and a row for each customer, newest first")
    func file() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(3)
        let reader = try await harness.exported(
            harness.request(business) {
                $0.columns = ["no", "name", "phone", "page", "created_at"]
                $0.language = .english
            }
        )
        #expect(
            reader.text == """
                \u{FEFF}No.,Full name,Phone,Page,Created date\r
                1,Khách 2,0900000002,Page p1,2026-05-29T03:26:42+07:00\r
                2,Khách 1,0900000001,Page p1,2026-05-29T03:26:41+07:00\r
                3,Khách 0,0900000000,Page p1,2026-05-29T03:26:40+07:00\r\n
                """
        )
        #expect(reader.chunks.map(\.isLast) == [true])
        #expect(reader.chunks.map(\.rowsDone) == [3])
        #expect(reader.chunks.map(\.rowsTotal) == [3])
    }

    @Test(
        "a file of nobody is a header",
        arguments: [(Khach_V1_ExportFormat.csv, "STT\r\n"), (.jsonl, "")]
    )
    func empty(_ format: Khach_V1_ExportFormat, _ text: String) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let request = harness.request(business, format) {
            $0.columns = ["no"]
            $0.withoutBom = true
        }
        let reader = try await harness.exported(request)
        #expect(reader.text == text)
        #expect(reader.chunks.last?.isLast == true)

        var again = request
        again.resumeToken.append(contentsOf: reader.lastToken)
        let rest = try await harness.exported(again)
        #expect(rest.text.isEmpty)
        #expect(rest.chunks.map(\.isLast) == [true])
    }

    @Test("ids are in the order of the request, also twice")
    func ids() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(3)
        let all = try await harness.exported(
            harness.request(business, .jsonl) { $0.columns = ["customer_id"] }
        )
        let ids = all.text.split(separator: "\n").map { String($0.dropFirst(16).dropLast(2)) }
        let order = [ids[1], ids[2], ids[0], ids[1]]
        let reader = try await harness.exported(
            harness.request(business, .jsonl) {
                $0.columns = ["customer_id"]
                $0.ids = order
                $0.filter.messagedKind = .any
            }
        )
        #expect(reader.text == order.map { "{\"customer_id\":\"\($0)\"}\n" }.joined())

        let other = try await harness.business()
        let status = await harness.exportRefusal(
            harness.request(other) { $0.ids = [ids[2]] }
        )
        #expect(status.field == "ids[0]")
    }

    @Test("a page is that of the list", arguments: [2, 3])
    func onePage(_ size: UInt32) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(7)
        var list = Khach_V1_ListCustomersRequest.with {
            $0.filter.businessID = business.id
            $0.pageSize = size
        }
        repeat {
            let page: Khach_V1_ListCustomersResponse = try await harness.call(
                "khach.v1.CustomerService/ListCustomers",
                list
            )
            let reader = try await harness.exported(
                harness.request(business, .jsonl) {
                    $0.columns = ["no", "name"]
                    $0.onePage = true
                    $0.pageToken = list.pageToken
                    $0.pageSize = size
                }
            )
            let expected = page.customers.enumerated()
                .map { "{\"no\":\($0 + 1),\"name\":\"\($1.name)\"}\n" }.joined()
            #expect(reader.text == expected)
            #expect(reader.chunks.last?.rowsTotal == UInt64(page.customers.count))
            list.pageToken = page.nextPageToken
        } while !list.pageToken.isEmpty
    }

    @Test("S22 every row satisfies the filter, and there are as many as are counted (§4.13, 9)")
    func filter() async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(1_200)
        _ = try await harness.page(business, "p2")
        _ = try await harness.record(
            (0..<50).map { number in
                .sample("o:\(number)") {
                    $0.externalPageID = "p2"
                    $0.externalUserID = "o\(number)"
                    $0.occurredAt.seconds = 1_700_000_000 + Int64(number) * 86_400
                }
            }
        )
        let days = ["", "2023-11-20", "2024-01-01", "2026-05-29"]
        for from in days {
            for to in days where from <= to || to.isEmpty {
                let filter = Khach_V1_CustomerFilter.with {
                    $0.businessID = business.id
                    $0.createdFrom = from
                    $0.createdTo = to
                }
                let counted: Khach_V1_CountCustomersResponse = try await harness.call(
                    "khach.v1.CustomerService/CountCustomers",
                    Khach_V1_CountCustomersRequest.with { $0.filter = filter }
                )
                let reader = try await harness.exported(
                    harness.request(business, .csv) {
                        $0.filter = filter
                        $0.columns = ["created_at"]
                        $0.language = .english
                        $0.withoutBom = true
                    }
                )
                let rows = reader.text.split(separator: "\r\n").dropFirst()
                #expect(UInt64(rows.count) == counted.count)
                #expect(reader.chunks.last?.rowsTotal == counted.count)
                for row in rows {
                    let day = row.prefix(10)
                    #expect(from.isEmpty || day >= from[...])
                    #expect(to.isEmpty || day <= to[...])
                }
            }
        }
    }

    struct Condition: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var column: String
        var holds: @Sendable (Substring) -> Bool
        var change: @Sendable (inout Khach_V1_CustomerFilter) -> Void
    }

    static let conditions: [Condition] = [
        Condition(testDescription: "with a phone", column: "phone", holds: { !$0.isEmpty }) {
            $0.hasPhone_p = .yes
        },
        Condition(testDescription: "without one", column: "phone", holds: \.isEmpty) {
            $0.hasPhone_p = .no
        },
        Condition(testDescription: "by name", column: "name", holds: { $0.contains("Khách 1") }) {
            $0.nameQuery = "khach 1"
        },
        Condition(testDescription: "of a channel", column: "channel", holds: { $0 == "Facebook" }) {
            $0.channels = [.facebook]
        },
        Condition(testDescription: "blocked", column: "blocked", holds: { $0 == "Có" }) {
            $0.blocked = .yes
        },
    ]

    @Test("every other condition holds for every row, too", arguments: conditions)
    func condition(_ example: Condition) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(30)
        _ = try await harness.record([.sample("x:1") { $0.externalUserID = "without a phone" }])
        let filter = Khach_V1_CustomerFilter.with {
            $0.businessID = business.id
            example.change(&$0)
        }
        let counted: Khach_V1_CountCustomersResponse = try await harness.call(
            "khach.v1.CustomerService/CountCustomers",
            Khach_V1_CountCustomersRequest.with { $0.filter = filter }
        )
        let reader = try await harness.exported(
            harness.request(business, .csv) {
                $0.filter = filter
                $0.columns = [example.column]
                $0.withoutBom = true
            }
        )
        let rows = reader.text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .dropFirst().dropLast()
        #expect(UInt64(rows.count) == counted.count)
        #expect(rows.allSatisfy(example.holds))
        #expect(example.column == "blocked" || !rows.isEmpty)
    }

    @Test(
        "rows are in the order of the list",
        arguments: [
            Khach_V1_CustomerOrder.unspecified, .createdAscending, .createdDescending,
            .lastInboundDescending, .relevance,
        ]
    )
    func order(_ order: Khach_V1_CustomerOrder) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(30)
        let filter = Khach_V1_CustomerFilter.with {
            $0.businessID = business.id
            $0.nameQuery = order == .relevance ? "khach 1" : ""
        }
        let page: Khach_V1_ListCustomersResponse = try await harness.call(
            "khach.v1.CustomerService/ListCustomers",
            Khach_V1_ListCustomersRequest.with {
                $0.filter = filter
                $0.order = order
            }
        )
        let reader = try await harness.exported(
            harness.request(business, .jsonl) {
                $0.filter = filter
                $0.order = order
                $0.columns = ["customer_id"]
            }
        )
        #expect(!page.customers.isEmpty)
        let lines = page.customers.map { "{\"customer_id\":\"\($0.id)\"}\n" }
        #expect(reader.text == lines.joined())
    }

    // MARK: Who may see what

    @Test(
        "contacts are masked without the permission, whatever the request says",
        arguments: [
            (true, false, true), (true, true, false), (false, false, false), (false, true, false),
        ]
    )
    func permission(_ seesContacts: Bool, _ masks: Bool, _ isWhole: Bool) async throws {
        var harness = ServiceHarness()
        let permissions: Permissions = seesContacts ? .all : Permissions.all.subtracting(.contacts)
        try await harness.beKnown(permissions)
        let business = try await harness.shop(1)
        for format in [Khach_V1_ExportFormat.csv, .jsonl] {
            let reader = try await harness.exported(
                harness.request(business, format) {
                    $0.columns = ["phone", "phones", "email", "emails"]
                    $0.maskContacts = masks
                }
            )
            let phone = format == .csv ? "0900000000" : "+84900000000"
            #expect(reader.text.contains(phone) == isWhole)
            #expect(reader.text.contains("khach0@gmail.com") == isWhole)
            #expect(reader.text.contains("900***000") == !isWhole)
            #expect(reader.text.contains("kh***@gmail.com") == !isWhole)
        }
    }

    @Test(
        "an export is in the audit, with who, what and how many, and without a name (I6)",
        arguments: ["", "khách"]
    )
    func audit(_ name: String) async throws {
        let harness = ServiceHarness()
        let business = try await harness.shop(3)
        _ = try await harness.exported(
            harness.request(business, .jsonl) {
                $0.filter.createdFrom = "2026-01-01"
                $0.filter.nameQuery = name
                $0.columns = ["no", "name"]
                $0.mutation.requestID = "r1"
            }
        )
        let id = try #require(BusinessID(text: business.id))
        let entries = try await harness.store.auditEntries(
            of: id,
            customer: nil,
            before: nil,
            rowsMax: 10
        )
        let entry = try #require(entries.first)
        #expect(entry.actor == "an")
        #expect(entry.requestID == "r1")
        #expect(entry.change.action == "customers.export")
        #expect(entry.change.entityID == business.id)
        #expect(entry.change.field == "FILTER")
        let head = try await harness.store.openSnapshot(of: id).head
        let filter = "{\"businessId\":\"\(business.id)\",\"createdFrom\":\"2026-01-01\"}"
        #expect(
            entry.change.after
                == "{\"filter\":\(filter)\(name.isEmpty ? "" : ",\"nameQueryGiven\":true"),"
                + "\"format\":\"JSONL\",\"columns\":[\"no\",\"name\"],"
                + "\"masked\":false,\"rows\":3,\"asOfSeq\":\"\(head)\"}"
        )
    }
}
