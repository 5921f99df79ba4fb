internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Tokens")
struct TokenMethodsTests {
    private static let create = "khach.v1.DirectoryService/CreateToken"

    @Test("a token is made, told once, listed without its secret, and works")
    func roundTrip() async throws {
        var harness = ServiceHarness()
        try await harness.beKnown(.all)
        let shop = try await harness.shop()
        let made: Khach_V1_CreateTokenResponse = try await harness.call(
            Self.create,
            Self.request {
                $0.businessID = shop.business.id
                $0.pageIds = [shop.page.id]
                $0.permissions = [.read, .read, .contacts]
                $0.expiresAt = Google_Protobuf_Timestamp(seconds: 1_790_000_001)
            }
        )
        #expect(made.secret.hasPrefix("khach_"))
        #expect(made.token.permissions == [.read, .contacts])
        #expect(made.token.pageIds == [shop.page.id])
        let listed: Khach_V1_ListTokensResponse = try await harness.call(
            "khach.v1.DirectoryService/ListTokens",
            Khach_V1_ListTokensRequest.with { $0.pageSize = 1 }
        )
        #expect(listed.tokens.count == 1)
        let next: Khach_V1_ListTokensResponse = try await harness.call(
            "khach.v1.DirectoryService/ListTokens",
            Khach_V1_ListTokensRequest.with { $0.pageToken = listed.nextPageToken }
        )
        #expect(next.tokens == [made.token])
        #expect(try !next.jsonString().contains(made.secret))
        harness.token = made.secret
        let pages: Khach_V1_ListPagesResponse = try await harness.call(
            "khach.v1.DirectoryService/ListPages",
            Khach_V1_ListPagesRequest.with { $0.businessID = shop.business.id }
        )
        #expect(pages.pages.map(\.id) == [shop.page.id])
        let audit = try await harness.store.auditEntries(
            of: try #require(BusinessID(text: shop.business.id)),
            customer: nil,
            before: nil,
            rowsMax: 1
        )
        #expect(audit.first?.change.action == "token.create")
        #expect(audit.first?.change.after == "Lan")
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout Khach_V1_CreateTokenRequest) -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "name") { $0.name = "" },
        Refused(testDescription: "name") { $0.name = String(repeating: "a", count: 201) },
        Refused(testDescription: "business_id") { $0.businessID = "b" },
        Refused(testDescription: "business_id") { $0.pageIds = ["p0000000000001"] },
        Refused(testDescription: "page_ids[0]") {
            $0.businessID = "b0000000000001"
            $0.pageIds = ["p"]
        },
        Refused(testDescription: "page_ids") {
            $0.businessID = "b0000000000001"
            $0.pageIds = Array(repeating: "p0000000000001", count: 1_001)
        },
        Refused(testDescription: "permissions") { $0.permissions = [] },
        Refused(testDescription: "permissions") { $0.permissions = [.unspecified] },
        Refused(testDescription: "permissions") { $0.permissions = [.UNRECOGNIZED(10)] },
        Refused(testDescription: "permissions") { $0.permissions = [.UNRECOGNIZED(-1)] },
        Refused(testDescription: "expires_at") {
            $0.expiresAt = Google_Protobuf_Timestamp(seconds: 1_790_000_000)
        },
        Refused(testDescription: "actor") { $0.actor = "" },
        Refused(testDescription: "principal") { $0.principal = "agent" },
        Refused(testDescription: "principal") { $0.principal = "spiffe://" },
        Refused(testDescription: "principal") { $0.principal = "spiffe://a b" },
        Refused(testDescription: "principal") { $0.principal = "unix-user:-1" },
        Refused(testDescription: "principal") { $0.principal = "unix-user:01" },
        Refused(testDescription: "principal") { $0.principal = "unix-user:4294967296" },
        Refused(testDescription: "principal") {
            $0.principal = "a://" + String(repeating: "a", count: 1_021)
        },
    ]

    @Test("an absurd token is refused by its field", arguments: refused)
    func refuses(_ example: Refused) async throws {
        var harness = ServiceHarness()
        try await harness.beKnown(.all)
        let status = try await harness.refusal(Self.create, Self.request(example.change))
        #expect(status.code == .invalidArgument, "\(status.message)")
        #expect(status.field == example.testDescription)
    }

    @Test("who administers a business makes tokens of it, and of what it may itself")
    func scopedAdministrator() async throws {
        var harness = ServiceHarness()
        let shop = try await harness.shop()
        let other = try await harness.business()
        let business = try #require(BusinessID(text: shop.business.id))
        _ = try await harness.makeToken(.all)
        try await harness.beKnown([.administer, .read], .business(business))
        let cases: [(business: String, permission: Khach_V1_Permission, code: Status.Code?)] = [
            (shop.business.id, .read, nil), (other.id, .read, .notFound), ("", .read, .notFound),
            (shop.business.id, .erase, .permissionDenied),
        ]
        for (business, permission, code) in cases {
            let payload: Payload = try Self.request {
                $0.businessID = business
                $0.permissions = [permission]
            }.serializedBytes()
            #expect(await harness.status(Self.create, payload)?.code == code)
        }
        let listed: Khach_V1_ListTokensResponse = try await harness.call(
            "khach.v1.DirectoryService/ListTokens",
            Khach_V1_ListTokensRequest()
        )
        #expect(Set(listed.tokens.map(\.businessID)) == [shop.business.id])
    }

    @Test("nobody gets another secret of a token that may more than its own")
    func rotatesNoMore() async throws {
        var harness = ServiceHarness()
        let shop = try await harness.shop()
        let business = try #require(BusinessID(text: shop.business.id))
        _ = try await harness.makeToken(.all)
        let cases: [(target: AccessToken, code: Status.Code?)] = [
            (try await harness.makeToken([.read], .business(business)).token, nil),
            (try await harness.makeToken([.erase], .business(business)).token, .permissionDenied),
            (try await harness.makeToken([.erase]).token, .notFound),
        ]
        try await harness.beKnown([.administer, .read], .business(business))
        for (target, code) in cases {
            let payload: Payload = try Khach_V1_RotateTokenRequest.with {
                $0.id = target.id.text
                $0.actor = "an"
            }.serializedBytes()
            let name = "khach.v1.DirectoryService/RotateToken"
            #expect(await harness.status(name, payload)?.code == code)
        }
    }

    @Test("a server whose callers need no token makes none: khachd init does")
    func notInitialized() async throws {
        let status = try await ServiceHarness().refusal(Self.create, Self.request { _ in })
        #expect(status.code == .failedPrecondition)
        #expect(status.reason == "NOT_INITIALIZED")
    }

    private static func request(
        _ change: (inout Khach_V1_CreateTokenRequest) -> Void
    ) -> Khach_V1_CreateTokenRequest {
        .with {
            $0.name = "Lan"
            $0.permissions = [.read]
            $0.actor = "an"
            change(&$0)
        }
    }
}
