internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Block methods")
struct BlockMethodsTests {
    private static let now = ServiceHarness.clock.milliseconds / 1_000

    /// A message at some seconds after the harness's clock.
    private static func message(
        _ key: String,
        after seconds: Int64,
        _ direction: Khach_V1_Interaction.Direction = .inbound
    ) -> Khach_V1_Interaction {
        .sample(key) {
            $0.occurredAt.seconds = self.now + seconds
            $0.direction = direction
            $0.text = "sđt 0912345678"
        }
    }

    @Test("S9 a block shows who, when and why; S12 inbound is ignored, outbound is not (N7)")
    func block() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let outcome = try await harness.block([id])[0]
        #expect(outcome.result == .done)
        #expect(outcome.state == .blocked)
        let block = try await harness.get(id).block
        #expect(block.state == .blocked)
        #expect(block.by == "lan")
        #expect(block.reason == "spam")
        #expect(block.since.seconds == Self.now)
        #expect(block.intervals.map(\.from.seconds) == [Self.now])

        let outcomes = try await harness.record([
            Self.message("in", after: 60), Self.message("out", after: 61, .outbound),
            Self.message("late", after: -60),
        ])
        #expect(outcomes.map(\.result) == [.ignoredBlocked, .applied, .applied])
        let customer = try await harness.get(id)
        #expect(customer.lastInboundAt.seconds == Self.now - 60)
        #expect(customer.lastOutboundAt.seconds == Self.now + 61)
        #expect(customer.phones.map(\.lastSeenAt.seconds) == [Self.now - 60])
    }

    @Test("N7 what was sent in a block is ignored whenever it arrives, also after the unblock")
    func lateArrival() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        _ = try await harness.block([id])
        #expect(try await harness.unblock([id])[0].result == .done)
        // The clock stands: the interval is empty, so what comes now counts.
        #expect(try await harness.record([Self.message("in", after: 0)])[0].result == .applied)
        let intervals = try await harness.get(id).block.intervals
        #expect(intervals.map(\.until.seconds) == [Self.now])
    }

    @Test(
        "S11, B1 who has a role on the page cannot be blocked, and appears in the list all the same"
    )
    func role() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer()
        #expect(try await harness.setRoles(["u1", "u2"], on: shop.page.id).isEmpty)
        let outcome = try await harness.block([id])[0]
        #expect(outcome.result == .failed)
        #expect(outcome.error.reason == "ROLE_ON_PAGE")
        #expect(try await harness.get(id).hasBlock == false)
    }

    @Test("B2 a role granted later unblocks, with an audit reason; losing it blocks nobody again")
    func roleLater() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer()
        _ = try await harness.block([id])
        #expect(try await harness.setRoles(["u1"], on: shop.page.id) == [id])
        #expect(try await harness.get(id).block.state == .none)
        let entries = try await harness.audit(shop.business.id)
        #expect(entries.first { $0.action == "customer.unblock" }?.reason == "ROLE_GRANTED")
        #expect(try await harness.setRoles([], on: shop.page.id).isEmpty)
        #expect(try await harness.get(id).block.state == .none)
    }

    @Test("B3 blocking who is blocked changes nothing, not even who and when")
    func idempotent() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        _ = try await harness.block([id])
        let before = try await harness.get(id)
        #expect(try await harness.block([id], .with { $0.actor = "an" })[0].result == .noChange)
        #expect(try await harness.get(id) == before)
        _ = try await harness.unblock([id])
        #expect(try await harness.unblock([id])[0].result == .noChange)
    }

    @Test("B7 each customer of a batch has an outcome of its own, in order")
    func batch() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let outcomes = try await harness.block(["c0000000000001", "x", id, id])
        #expect(outcomes.map(\.result) == [.failed, .failed, .done, .noChange])
        #expect(outcomes.map(\.error.reason) == ["NOT_FOUND", "INVALID_FIELD", "", ""])
    }

    @Test("S14 a batch is of one business: another's customer is none, in whatever order")
    func otherBusiness() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        _ = try await harness.page(try await harness.business(), "p2")
        let other = try await harness.record([.sample("other") { $0.externalPageID = "p2" }])[0]
            .customerID
        let absent = "c0000000000001"
        let named = Khach_V1_Mutation.with {
            $0.actor = "lan"
            $0.requestID = "r1"
        }
        let outcomes = try await harness.block([absent, id, other], named)
        #expect(outcomes.map(\.result) == [.failed, .done, .failed])
        var foreign = outcomes[2]
        foreign.customerID = absent
        #expect(foreign == outcomes[0], "a foreign id answers as one that is nobody's")
        #expect(try await harness.get(other).hasBlock == false)
        #expect(try await harness.block([absent, id, other], named) == outcomes)
        #expect(try await harness.unblock([other, id]).map(\.result) == [.noChange, .failed])
        #expect(try await harness.get(id).block.state == .blocked)
    }

    static let gatewayChannels: [(channel: Khach_V1_Channel, refusal: String?)] = [
        (.facebook, nil), (.instagram, nil), (.zaloOa, "UNSUPPORTED_ON_CHANNEL"),
        (.shopee, "UNSUPPORTED_ON_CHANNEL"), (.lazada, "UNSUPPORTED_ON_CHANNEL"),
        (.tiktokShop, "UNSUPPORTED_ON_CHANNEL"), (.webChat, "UNSUPPORTED_ON_CHANNEL"),
        (.other, "UNSUPPORTED_ON_CHANNEL"),
    ]

    @Test("B6 a gateway is for channels that can block", arguments: gatewayChannels)
    func unsupported(_ example: (channel: Khach_V1_Channel, refusal: String?)) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let page = try await harness.page(business, "p1", channel: example.channel)
        guard let refusal = example.refusal else {
            return try await harness.setBlockMode(.gateway, on: page.id)
        }

        try await harness.setBlockMode(.local, on: page.id)
        let status = try await harness.refusal(
            "\(ServiceHarness.directory)/UpdatePage",
            Khach_V1_UpdatePageRequest.with {
                $0.id = page.id
                $0.actor = "lan"
                $0.updateMask.paths = ["name", "block_mode"]
                $0.name = "Another"
                $0.blockMode = .gateway
            }
        )
        #expect(status.code == .failedPrecondition)
        #expect(status.reason == refusal)
        let pages: Khach_V1_ListPagesResponse = try await harness.call(
            "\(ServiceHarness.directory)/ListPages",
            Khach_V1_ListPagesRequest.with { $0.businessID = business.id }
        )
        #expect(pages.pages.map(\.name) == ["Page p1"], "all fields of an update, or none")
    }

    @Test("a page with a gateway waits for the platform: confirmed, refused, taken back (B6)")
    func gateway() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        try await harness.setBlockMode(.gateway, on: shop.page.id)
        let id = try await harness.customer()
        #expect(try await harness.block([id])[0].result == .pending)
        // Not yet blocked, so what comes counts.
        #expect(try await harness.record([Self.message("a", after: 1)])[0].result == .applied)
        #expect(try await self.pending(harness, shop.page.id) == [id])
        #expect(try await harness.settle(id, confirmed: false).state == .none)
        #expect(try await harness.get(id).block.error == "User not visible")
        #expect(try await harness.settle(id, confirmed: true).error.reason == "NOT_PENDING")
        _ = try await harness.block([id])
        #expect(try await harness.settle(id, confirmed: true).state == .blocked)
        #expect(
            try await harness.record([Self.message("b", after: 2)])[0].result == .ignoredBlocked
        )
        #expect(try await harness.unblock([id])[0].state == .pendingUnblock)
        #expect(
            try await harness.record([Self.message("c", after: 3)])[0].result == .ignoredBlocked
        )
        #expect(try await harness.settle(id, confirmed: false).state == .blocked)
        #expect(try await self.pending(harness, shop.page.id).isEmpty)
    }

    @Test("B2 where a gateway blocks, a role granted later asks it to unblock, until it does")
    func roleLaterByGateway() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        try await harness.setBlockMode(.gateway, on: shop.page.id)
        let id = try await harness.customer()
        _ = try await harness.block([id])
        _ = try await harness.settle(id, confirmed: true)
        #expect(try await harness.setRoles(["u1"], on: shop.page.id) == [id])
        #expect(try await harness.get(id).block.state == .pendingUnblock)
        #expect(try await self.pending(harness, shop.page.id) == [id])
        let entry = try await harness.audit(shop.business.id).first
        #expect(
            entry.map { [$0.action, $0.before, $0.after, $0.reason] }
                == ["customer.unblock", "BLOCKED", "PENDING_UNBLOCK", "ROLE_GRANTED"]
        )
        #expect(try await harness.setRoles(["u1"], on: shop.page.id).isEmpty)

        // Refused, it stays to be asked: who holds a role is never BLOCKED (§4.13, 5).
        let refused = try await harness.settle(id, confirmed: false)
        #expect(refused.result == .pending)
        #expect(refused.state == .pendingUnblock)
        #expect(try await harness.get(id).block.error == "User not visible")
        #expect(try await self.pending(harness, shop.page.id) == [id])
        #expect(try await harness.block([id])[0].error.reason == "ROLE_ON_PAGE")
        #expect(try await harness.settle(id, confirmed: true).state == .none)
        #expect(try await self.pending(harness, shop.page.id).isEmpty)
    }

    @Test("B1 is judged again when the platform confirms")
    func roleWhilePending() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        try await harness.setBlockMode(.gateway, on: shop.page.id)
        let id = try await harness.customer()
        _ = try await harness.block([id])
        #expect(try await harness.setRoles(["u1"], on: shop.page.id) == [id])
        let outcome = try await harness.settle(id, confirmed: true)
        #expect(outcome.error.reason == "NOT_PENDING")
        #expect(try await harness.get(id).block.intervals.isEmpty)
    }

    @Test("a request again has the same answer and no further effect")
    func repeated() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer()
        let named = Khach_V1_Mutation.with {
            $0.actor = "lan"
            $0.requestID = "r1"
        }
        let first = try await harness.block([id], named)
        _ = try await harness.unblock([id])
        #expect(try await harness.block([id], named) == first)
        #expect(try await harness.get(id).block.state == .none)
        let other = try await harness.refusal(
            "\(ServiceHarness.customers)/BlockCustomers",
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = [id]
                $0.reason = "another"
                $0.mutation = named
            }
        )
        #expect(other.reason == "REQUEST_ID_REUSED")
    }

    @Test("B6 what blocking means is told for every channel")
    func capabilities() async throws {
        let reply: Khach_V1_ListBlockCapabilitiesResponse = try await ServiceHarness().call(
            "\(ServiceHarness.directory)/ListBlockCapabilities",
            Khach_V1_ListBlockCapabilitiesRequest()
        )
        #expect(reply.capabilities.count == 8)
        let facebook = reply.capabilities.first { $0.channel == .facebook }
        #expect(facebook?.outboundWhileBlocked == true)
        let instagram = reply.capabilities.first { $0.channel == .instagram }
        #expect(instagram?.outboundWhileBlocked == false)
        #expect(instagram?.needsConversation == true)
    }

    static let refused: [(String, Int, String)] = [
        ("no ids", 0, "lan"), ("1,001 ids", 1_001, "lan"), ("no actor", 1, ""),
        ("an actor of 201 bytes", 1, String(repeating: "x", count: 201)),
        ("an actor with NUL", 1, "a\u{0}b"),
    ]

    @Test("a batch is refused as a whole for what is wrong with the whole", arguments: refused)
    func refuses(_ example: (name: String, count: Int, actor: String)) async throws {
        let status = try await ServiceHarness().refusal(
            "\(ServiceHarness.customers)/BlockCustomers",
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = Array(repeating: "c0000000000001", count: example.count)
                $0.mutation.actor = example.actor
            }
        )
        #expect(status.code == .invalidArgument, "\(example.name)")
        #expect(status.field == (example.actor == "lan" ? "ids" : "mutation.actor"))
    }

    private func pending(_ harness: ServiceHarness, _ page: String) async throws -> [String] {
        let reply: Khach_V1_ListPendingBlocksResponse = try await harness.call(
            "\(ServiceHarness.customers)/ListPendingBlocks",
            Khach_V1_ListPendingBlocksRequest.with { $0.pageID = page }
        )
        return reply.customers.map(\.id)
    }
}
