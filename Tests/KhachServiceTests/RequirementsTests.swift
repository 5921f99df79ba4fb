internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// The sentences of the source page (domain.md §1), each by the number that it has there.
///
/// Sentences about one method alone are with the tests of that method: docs/requirements.md.
@Suite("Requirements")
struct RequirementsTests {
    /// 2026-05-01T00:00:00+07:00.
    private static let firstOfMay: Int64 = 1_777_568_400
    private static let day: Int64 = 86_400

    private static func item(
        _ key: String,
        _ user: String,
        day: Int64 = 0,
        _ change: (inout Khach_V1_Interaction) -> Void = { _ in }
    ) -> Khach_V1_Interaction {
        .sample(key) {
            $0.externalUserID = user
            $0.occurredAt.seconds = self.firstOfMay + day * self.day + 3_600
            change(&$0)
        }
    }

    private static func comment(
        _ key: String,
        _ user: String,
        post: String,
        day: Int64 = 0
    ) -> Khach_V1_Interaction {
        self.item(key, user, day: day) {
            $0.kind = .comment
            $0.postID = post
        }
    }

    /// The channel's ids of the customers that a filter gives, in order.
    private func users(
        _ harness: ServiceHarness,
        _ business: Khach_V1_Business,
        _ change: (inout Khach_V1_ListCustomersRequest) -> Void = { _ in }
    ) async throws -> [String] {
        var request = Khach_V1_ListCustomersRequest()
        request.filter.businessID = business.id
        change(&request)
        let reply: Khach_V1_ListCustomersResponse = try await harness.call(
            "\(ServiceHarness.customers)/ListCustomers",
            request
        )
        return reply.customers.map(\.externalUserID)
    }

    private func statistics(
        _ harness: ServiceHarness,
        _ business: Khach_V1_Business,
        _ from: String,
        _ to: String,
        _ basis: Khach_V1_GetStatisticsRequest.Basis = .created
    ) async throws -> Khach_V1_GetStatisticsResponse {
        try await harness.call(
            "\(ServiceHarness.customers)/GetStatistics",
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = business.id
                $0.dayFrom = from
                $0.dayTo = to
                $0.grouping = .business
                $0.basis = basis
            }
        )
    }

    @Test("S1 the unit of the list is one customer")
    func customers() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.item("a", "u1"), Self.item("b", "u1"), Self.item("c", "u2"),
        ])
        #expect(try await self.users(harness, shop.business).sorted() == ["u1", "u2"])
    }

    @Test("S2 a customer is new once, by the channel's clock or by when it was recorded")
    func new() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([Self.item("a", "u1"), Self.item("b", "u1", day: 2)])
        let created = try await self.statistics(harness, shop.business, "2026-05-01", "2026-05-03")
        #expect(created.rows.filter { $0.measures.newCustomers > 0 }.map(\.day) == ["2026-05-01"])
        #expect(created.totals.map(\.measures.newCustomers) == [1])
        // The harness's clock stands on another day.
        let recorded = try await self.statistics(
            harness,
            shop.business,
            "2026-09-21",
            "2026-09-21",
            .firstRecorded
        )
        #expect(recorded.totals.map(\.measures.newCustomers) == [1])
    }

    @Test("S3 comments on many posts and messages are one new customer, and many conversations")
    func once() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.comment("c1", "u1", post: "p1"), Self.comment("c2", "u1", post: "p1"),
            Self.comment("c3", "u1", post: "p2"), Self.item("m1", "u1"), Self.item("m2", "u1"),
            Self.comment("c4", "u1", post: "p1", day: 1),
        ])
        #expect(try await self.users(harness, shop.business) == ["u1"])
        let reply = try await self.statistics(harness, shop.business, "2026-05-01", "2026-05-02")
        let total = try #require(reply.totals.first?.measures)
        #expect(total.newCustomers == 1)
        #expect(total.newCommentConversations == 2, "one for each post")
        #expect(total.newMessageConversations == 1)
        #expect(total.activeCustomers == 1)
        #expect(reply.rows.map(\.measures.commentingCustomers) == [1, 1], "on each of its days")
    }

    @Test("S4 the record has every column of the screen: name, phone, e-mail, address, block, date")
    func columns() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.record([
            Self.item("a", "u1") {
                $0.nameHint = "Đặng Thị Đào"
                $0.text = "sđt 0912345678, dao@example.vn"
            }
        ])[0].customerID
        _ = try await harness.saveAddress("12 Hàng Bạc", of: id, revision: 0)
        _ = try await harness.block([id])
        let customer = try await harness.get(id)
        #expect(customer.name == "Đặng Thị Đào")
        #expect(customer.phones.map(\.value) == ["+84912345678"])
        #expect(customer.emails.map(\.value) == ["dao@example.vn"])
        #expect(customer.address.text == "12 Hàng Bạc")
        #expect(customer.block.state == .blocked)
        #expect(customer.createdAt.seconds == Self.firstOfMay + 3_600)
        #expect(customer.pageID == shop.page.id)
    }

    @Test("S5 one name is shown: the real one, else the account's, else none")
    func name() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        var names: [String] = []
        for (key, change) in [
            ("a", { $0.nameHint = "Facebook User" }), ("b", { $0.usernameHint = "dao96" }),
            ("c", { $0.nameHint = "Đ***o" }), ("d", { $0.nameHint = "Đặng Thị Đào" }),
            ("e", { $0.usernameHint = "dao97" }),
        ] as [(String, (inout Khach_V1_Interaction) -> Void)] {
            let id = try await harness.record([Self.item(key, "u1", change)])[0].customerID
            names.append(try await harness.get(id).name)
        }
        #expect(names == ["", "dao96", "dao96", "Đặng Thị Đào", "Đặng Thị Đào"])
    }

    @Test("S10 the created date is that of the earliest conversation, and only ever moves earlier")
    func created() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        func days() async throws -> [String] {
            let reply = try await self.statistics(
                harness,
                shop.business,
                "2026-04-01",
                "2026-05-31"
            )
            return reply.rows.filter { $0.measures.newCustomers > 0 }.map(\.day)
        }
        _ = try await harness.record([Self.item("a", "u1", day: 4)])
        #expect(try await days() == ["2026-05-05"])
        _ = try await harness.record([Self.item("b", "u1", day: 9)])
        #expect(try await days() == ["2026-05-05"])
        _ = try await harness.record([Self.item("c", "u1", day: -2) { $0.direction = .outbound }])
        #expect(try await days() == ["2026-04-29"])
    }

    @Test("S13 without a filter everyone is listed, newest first")
    func newestFirst() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.item("a", "u1", day: 1), Self.item("b", "u2", day: 3),
            Self.item("c", "u3", day: 2),
        ])
        #expect(try await self.users(harness, shop.business) == ["u2", "u3", "u1"])
    }

    @Test("S14 exactly one business is selected, and nothing crosses businesses")
    func business() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let other = try await harness.business()
        _ = try await harness.page(other, "q1")
        _ = try await harness.record([
            Self.item("a", "u1"), Self.item("a", "u2") { $0.externalPageID = "q1" },
        ])
        #expect(try await self.users(harness, shop.business) == ["u1"])
        #expect(try await self.users(harness, other) == ["u2"])
        let status = try await harness.refusal(
            "\(ServiceHarness.customers)/ListCustomers",
            Khach_V1_ListCustomersRequest()
        )
        #expect(status.field == "filter.business_id")
    }

    @Test("S15 pages are chosen as a set; none chosen is all of them")
    func pages() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let second = try await harness.page(shop.business, "p2")
        _ = try await harness.page(shop.business, "p3")
        _ = try await harness.record(
            ["p1", "p2", "p3"].map { page in
                Self.item(page, "u-\(page)") { $0.externalPageID = page }
            }
        )
        let chosen = try await self.users(harness, shop.business) {
            $0.filter.pageIds = [shop.page.id, second.id]
        }
        #expect(chosen.sorted() == ["u-p1", "u-p2"])
        #expect(try await self.users(harness, shop.business).count == 3)
    }

    @Test("S16 a name is found without its marks, in any case and order of words")
    func search() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.item("a", "u1") { $0.nameHint = "Đặng Thị Đào" },
            Self.item("b", "u2") { $0.nameHint = "Nguyễn Văn An" },
        ])
        for (query, found) in [
            ("dao", ["u1"]), ("DAO dang", ["u1"]), ("đào", ["u1"]), ("an nguyen", ["u2"]),
            ("guyen", []), ("an an", []),
        ] {
            let users = try await self.users(harness, shop.business) {
                $0.filter.nameQuery = query
            }
            #expect(users == found, "\(query)")
        }
    }

    @Test("S17 a created range is in local days, both of them in it")
    func createdRange() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.item("a", "before") { $0.occurredAt.seconds = Self.firstOfMay - 1 },
            Self.item("b", "first") { $0.occurredAt.seconds = Self.firstOfMay },
            Self.item("c", "last") { $0.occurredAt.seconds = Self.firstOfMay + 2 * Self.day - 1 },
            Self.item("d", "after") { $0.occurredAt.seconds = Self.firstOfMay + 2 * Self.day },
        ])
        let users = try await self.users(harness, shop.business) {
            $0.filter.createdFrom = "2026-05-01"
            $0.filter.createdTo = "2026-05-02"
        }
        #expect(users == ["last", "first"])
    }

    /// Four customers: with a phone, an e-mail address, both, and neither.
    private func contacts(_ harness: ServiceHarness) async throws {
        _ = try await harness.record([
            Self.item("a", "phone", day: 3) { $0.text = "sđt 0912345678" },
            Self.item("b", "email", day: 2) { $0.text = "dao@example.vn" },
            Self.item("c", "both", day: 1) { $0.text = "0987654321 an@example.vn" },
            Self.item("d", "none") { $0.text = "giá bao nhiêu ạ" },
        ])
    }

    @Test("S18 has phone and has e-mail, both ticked, hold together; not ticked is no condition")
    func hasContacts() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        try await self.contacts(harness)
        let both = try await self.users(harness, shop.business) {
            $0.filter.hasPhone_p = .yes
            $0.filter.hasEmail_p = .yes
        }
        #expect(both == ["both"])
        #expect(try await self.users(harness, shop.business).count == 4)
    }

    @Test("S19 all filters hold together, and a list goes on over all of them")
    func together() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record(
            (0..<9).map { number in
                Self.item("\(number)", "u\(number)", day: Int64(number)) {
                    $0.text = number % 2 == 0 ? "sđt 09123456\(number)0" : ""
                }
            }
        )
        var users: [String] = []
        var token = ""
        repeat {
            let reply: Khach_V1_ListCustomersResponse = try await harness.call(
                "\(ServiceHarness.customers)/ListCustomers",
                Khach_V1_ListCustomersRequest.with {
                    $0.filter.businessID = shop.business.id
                    $0.filter.pageIds = [shop.page.id]
                    $0.filter.createdFrom = "2026-05-03"
                    $0.filter.hasPhone_p = .yes
                    $0.pageSize = 2
                    $0.pageToken = token
                }
            )
            users += reply.customers.map(\.externalUserID)
            token = reply.nextPageToken
        } while !token.isEmpty
        #expect(users == ["u8", "u6", "u4", "u2"])
    }

    @Test("S20 one tick shows those who have it; the third value shows those who have not")
    func threeValues() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        try await self.contacts(harness)
        let phone = try await self.users(harness, shop.business) { $0.filter.hasPhone_p = .yes }
        let email = try await self.users(harness, shop.business) { $0.filter.hasEmail_p = .yes }
        let without = try await self.users(harness, shop.business) { $0.filter.hasPhone_p = .no }
        #expect(phone == ["phone", "both"])
        #expect(email == ["email", "both"])
        #expect(without == ["email", "none"])
    }

    @Test("S21 who wrote on a day is found by any of its days, and by the kind")
    func messaged() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.record([
            Self.item("a", "u1"), Self.comment("b", "u1", post: "p", day: 2),
            Self.item("c", "u1", day: 4), Self.item("d", "u2", day: 2),
            Self.item("e", "u3", day: 2) { $0.direction = .outbound },
        ])
        func wrote(_ kind: Khach_V1_ActivityKind, _ day: String) async throws -> [String] {
            try await self.users(harness, shop.business) {
                $0.filter.messagedFrom = day
                $0.filter.messagedTo = day
                $0.filter.messagedKind = kind
            }.sorted()
        }
        #expect(try await wrote(.any, "2026-05-03") == ["u1", "u2"])
        #expect(try await wrote(.messages, "2026-05-03") == ["u2"])
        #expect(try await wrote(.comments, "2026-05-03") == ["u1"])
        #expect(try await wrote(.unspecified, "2026-05-01") == ["u1"])
        #expect(try await wrote(.any, "2026-05-02").isEmpty)
    }
}
