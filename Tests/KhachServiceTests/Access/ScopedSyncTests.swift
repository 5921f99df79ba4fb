internal import Foundation
internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// A cursor is of the pages that its caller saw (sync.md D).
@Suite("Scoped sync")
struct ScopedSyncTests {
    private static let pull = "khach.v1.SyncService/PullChanges"

    @Test("D3, D6: a cursor of other pages is SCOPE_CHANGED, whoever shows it; one's own is not")
    func scopeChanged() async throws {
        var harness = ServiceHarness()
        let shop = try await harness.shop()
        let other = try await harness.page(shop.business, "p2")
        let business = try #require(BusinessID(text: shop.business.id))
        let pages = try [shop.page, other].map { try #require(PageID(text: $0.id)) }
        var secrets: [String] = []
        for scope in [
            AccessScope.everything, .business(business), .pages([pages[0]], of: business),
            .pages([pages[1]], of: business), .pages(Set(pages), of: business),
        ] {
            secrets.append(try await harness.makeToken(.read, scope).secret)
        }
        var cursors: [Khach_V1_PullChangesResponse] = []
        for secret in secrets {
            harness.token = secret
            cursors.append(
                try await harness.call(
                    Self.pull,
                    Khach_V1_PullChangesRequest.with { $0.businessID = shop.business.id }
                )
            )
        }
        for (shown, reply) in cursors.enumerated() {
            for (known, secret) in secrets.enumerated() {
                harness.token = secret
                let payload: Payload = try Khach_V1_PullChangesRequest.with {
                    $0.businessID = shop.business.id
                    $0.cursor = reply.cursor
                }.serializedBytes()
                let status = await harness.status(Self.pull, payload)
                // Everything and a business are the same pages.
                let isSame = shown == known || shown < 2 && known < 2
                #expect(status?.reason == (isSame ? nil : "SCOPE_CHANGED"), "\(shown) \(known)")
                #expect(status?.code == (isSame ? nil : .failedPrecondition))
            }
        }
    }

    @Test("DescribeScope says the pages of the token, and where the server stands")
    func describeScope() async throws {
        var harness = ServiceHarness()
        let shop = try await harness.shop()
        _ = try await harness.page(shop.business, "p2")
        let business = try #require(BusinessID(text: shop.business.id))
        let page = try #require(PageID(text: shop.page.id))
        for (scope, ids) in [
            (AccessScope.business(business), []), (.pages([page], of: business), [shop.page.id]),
        ] {
            harness.token = try await harness.makeToken(.read, scope).secret
            let reply: Khach_V1_DescribeScopeResponse = try await harness.call(
                "khach.v1.SyncService/DescribeScope",
                Khach_V1_DescribeScopeRequest.with { $0.businessID = shop.business.id }
            )
            #expect(reply.allPages == ids.isEmpty)
            #expect(reply.pageIds == ids)
            #expect(Array(reply.generation) == harness.store.generation)
            #expect(reply.headSeq == 3)
        }
    }

    @Test("D2: a mutation that its token does not allow is FORBIDDEN, and the queue goes on")
    func forbidden() async throws {
        var harness = ServiceHarness()
        let shop = try await harness.shop()
        let customer = try await harness.customer()
        let other = try await harness.page(shop.business, "p2")
        let business = try #require(BusinessID(text: shop.business.id))
        let pages = try [shop.page, other].map { try #require(PageID(text: $0.id)) }
        let request = Khach_V1_PushMutationsRequest.with {
            $0.businessID = shop.business.id
            $0.clientID.append(contentsOf: [UInt8](repeating: 7, count: 16))
            $0.mutations = [
                .with {
                    $0.mutationID = 1
                    $0.customerID = customer
                    $0.actor = "lan"
                    $0.block.reason = "spam"
                },
                .with {
                    $0.mutationID = 2
                    $0.customerID = customer
                    $0.actor = "lan"
                    $0.address.text = "12 Hàng Bạc"
                },
            ]
        }
        for (page, reasons) in [
            (pages[1], ["FORBIDDEN", "NOT_FOUND"]), (pages[0], ["FORBIDDEN", ""]),
        ] {
            var mine = request
            mine.clientID[0] = UInt8(truncatingIfNeeded: page.rawValue)
            harness.token = try await harness.makeToken(.edit, .pages([page], of: business)).secret
            let reply: Khach_V1_PushMutationsResponse = try await harness.call(
                "khach.v1.SyncService/PushMutations",
                mine
            )
            #expect(reply.outcomes.map(\.reason) == reasons)
            #expect(reply.lastMutationID == 2)
        }
    }

    @Test("a cursor of version 1 is of every page (A11)")
    func versionOne() throws {
        let business = BusinessID(rawValue: 1 << 40)
        let generation = [UInt8](repeating: 7, count: 16)
        let cursor = SyncCursor(business: business, position: .delta(after: 5))
        let seal = Seal.forTests
        let context = Array("khach.v1.cursor".utf8)
        let sealed = cursor.sealed(by: seal, generation: generation)
        var body = try #require(seal.open(sealed, context: context))
        body[0] = 1
        body.removeLast(8)
        let opened = try SyncCursor.open(
            seal.seal(body, context: context),
            by: seal,
            generation: generation,
            business: business
        )
        #expect(opened == cursor)
    }
}
