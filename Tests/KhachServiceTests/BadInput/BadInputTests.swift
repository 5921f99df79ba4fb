internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// What broken and hostile callers send: a typed error that names the field, or a text that is
/// kept; never half of either.
@Suite("Bad input")
struct BadInputTests {
    // MARK: Texts of requests

    @Test("a bad text of a request is refused by its field, or kept", arguments: TextField.all)
    func texts(_ field: TextField) async throws {
        for bad in BadText.allCases {
            for atEnd in [false, true] {
                let harness = ServiceHarness()
                let shop = try await BadInputShop(in: harness)
                let request = field.request(shop, bad.spoiled(field.text(shop), atEnd: atEnd))
                let where_ = "\(bad.rawValue), \(atEnd ? "at the end" : "in the middle")"
                let status = await harness.status(field.method, try bad.payload(request))
                guard field.fate(of: bad) == .refused else {
                    #expect(status == nil, "\(where_): \(status?.message ?? "")")
                    continue
                }
                #expect(status?.code == .invalidArgument, "\(where_)")
                #expect(status?.reason == "INVALID_FIELD", "\(where_)")
                #expect(status?.field == field.field, "\(where_): \(status?.message ?? "")")
                #expect(status?.message.hasPrefix("\(field.field): ") == true, "\(where_)")
            }
        }
    }

    @Test("the good text of every row is accepted, or not for what is bad in it")
    func goodTexts() async throws {
        for field in TextField.all where field.text(.example) != "00ff" {
            let harness = ServiceHarness()
            let shop = try await BadInputShop(in: harness)
            let request = field.request(shop, field.text(shop))
            let status = await harness.status(field.method, try BadText.nul.payload(request))
            // The first page id of one row is nobody's.
            let isFine = status == nil || status?.code == .notFound
            #expect(isFine, "\(field): \(status?.message ?? "")")
        }
    }

    @Test("bytes that are no request are MALFORMED, and a field of them is not guessed")
    func malformed() async throws {
        let harness = ServiceHarness()
        for bytes: [UInt8] in [
            [0xFF, 0xFF], [0x0A, 0x7F], [0x0A, 0x02, 0xC3], [0x08],
            // A business that is not UTF-8 behind a thousand fields that nobody knows.
            Array(repeating: [0x7A, 0x01, 0xFF], count: 1_000).flatMap { $0 }
                + [0x0A, 0x03, 0x0A, 0x01, 0xFF],
        ] {
            let status = await harness.status(
                "khach.v1.CustomerService/ListCustomers",
                Payload(bytes: bytes)
            )
            #expect(status?.code == .invalidArgument)
            #expect(status?.reason == "MALFORMED")
            #expect(status?.field == nil)
        }
    }

    // MARK: Questions

    @Test("an absurd question is refused by its field", arguments: RefusedCall.all)
    func questions(_ example: RefusedCall) async throws {
        let harness = ServiceHarness()
        let shop = try await BadInputShop(in: harness)
        let request = example.request(shop)
        let status = await harness.status(example.method, try BadText.nul.payload(request))
        #expect(status?.code == .invalidArgument)
        #expect(status?.reason == "INVALID_FIELD")
        #expect(status?.field == example.field, "\(status?.message ?? "")")
        #expect(status?.message.contains("expected") == true)
        #expect((status?.message.utf8.count ?? 0) < 1_000, "an error does not give back a flood")
    }

    @Test(
        "a range that can be is answered, however long",
        arguments: [
            ("1970-01-01", "9999-12-31", 1), ("9999-12-31", "", 0), ("", "1970-01-01", 0),
            ("9999-12-31", "9999-12-31", 0), ("", "", 1),
        ]
    )
    func ranges(_ from: String, _ to: String, _ count: Int) async throws {
        let harness = ServiceHarness()
        let shop = try await BadInputShop(in: harness)
        for change: (inout Khach_V1_CustomerFilter) -> Void in [
            {
                $0.createdFrom = from
                $0.createdTo = to
            },
            {
                $0.messagedFrom = from
                $0.messagedTo = to
            },
        ] {
            var request = Khach_V1_CountCustomersRequest()
            request.filter.businessID = shop.business
            change(&request.filter)
            let reply: Khach_V1_CountCustomersResponse = try await harness.call(
                "khach.v1.CustomerService/CountCustomers",
                request
            )
            #expect(reply.count == UInt64(count))
        }
    }

    // MARK: Tokens

    @Test("a token goes on with its own list alone, and no bit of it may differ")
    func tokens() async throws {
        let harness = ServiceHarness()
        let shop = try await BadInputShop(in: harness)
        _ = try await harness.record([.sample("b") { $0.externalUserID = "u2" }])
        _ = try await harness.business()
        let list = "khach.v1.CustomerService/ListCustomers"
        var request = Khach_V1_ListCustomersRequest()
        request.filter.businessID = shop.business
        request.pageSize = 1
        let reply: Khach_V1_ListCustomersResponse = try await harness.call(list, request)
        let token = reply.nextPageToken
        let businesses: Khach_V1_ListBusinessesResponse = try await harness.call(
            "khach.v1.DirectoryService/ListBusinesses",
            Khach_V1_ListBusinessesRequest.with { $0.pageSize = 1 }
        )
        try #require(!token.isEmpty && !businesses.nextPageToken.isEmpty)

        var damaged = [
            businesses.nextPageToken, token + "00", String(token.dropLast(2)), " " + token,
            String(token.dropLast()), token.uppercased(), String(token.reversed()),
            String(repeating: token, count: 2_000), String(repeating: "0", count: token.count),
        ]
        for index in token.indices {
            let digit = token[index] == "0" ? "1" : "0"
            damaged.append(token.replacingCharacters(at: index, with: digit))
        }
        for token in damaged where token != reply.nextPageToken {
            request.pageToken = token
            #expect(try await harness.refusal(list, request).field == "page_token", "\(token)")
        }
        for method in RefusedCall.paged {
            let status = await harness.status(
                method.name,
                try BadText.nul.payload(method.request(shop, token))
            )
            #expect(status?.code == .invalidArgument, "\(method.name)")
            #expect(status?.field == "page_token", "\(method.name)")
        }
        request.pageToken = token
        let next: Khach_V1_ListCustomersResponse = try await harness.call(list, request)
        #expect(next.customers.count == 1)
    }
}

extension BadInputShop {
    /// Texts that are not this shop's are told by it.
    fileprivate static let example = Self(business: "b", page: "p", customer: "c")

    private init(business: String, page: String, customer: String) {
        (self.business, self.page, self.customer) = (business, page, customer)
    }
}

extension ServiceHarness {
    /// What a call with these bytes is refused with; `nil` for a reply.
    func status(_ method: String, _ payload: Payload) async -> Status? {
        do throws(Status) {
            _ = try await self.call(method, payload)
            return nil
        } catch {
            return error
        }
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, with text: String) -> String {
        self[..<index] + text + self[self.index(after: index)...]
    }
}
