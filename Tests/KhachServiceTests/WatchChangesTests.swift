internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("WatchChanges")
struct WatchChangesTests {
    /// A business with a page, which are its commits 1 and 2.
    private static func shop(_ harness: ServiceHarness) async throws -> Khach_V1_Business {
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        return business
    }

    private static func write(_ harness: ServiceHarness, _ number: Int) async throws {
        _ = try await harness.record([.sample("m:\(number)") { $0.externalUserID = "u\(number)" }])
    }

    @Test(
        "begins with a bookmark at the head, and with a poke behind it",
        arguments: [(2, "bookmark 2"), (1, "poke 2"), (nil, "poke 2")] as [(UInt64?, String)]
    )
    func begins(_ covered: UInt64?, _ first: String) async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let cursor = try covered.map { try harness.cursor(business, after: $0) } ?? []
        let reader = WatchReader()
        async let watch: Void = harness.watch(business, cursor, to: reader)
        #expect(await reader.next() == first)
        harness.watches.close()
        try await watch
    }

    @Test("F6: a cache in its first pass is behind, whatever its cursor names")
    func firstPass() async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let pulled: Khach_V1_PullChangesResponse = try await harness.call(
            "khach.v1.SyncService/PullChanges",
            Khach_V1_PullChangesRequest.with {
                $0.businessID = business.id
                $0.pageRowsMax = 1
            }
        )
        let reader = WatchReader()
        async let watch: Void = harness.watch(business, Array(pulled.cursor), to: reader)
        #expect(await reader.next() == "poke 2")
        harness.watches.close()
        try await watch
    }

    @Test("A3: what a poke or a bookmark names can be pulled", arguments: StoreKind.allCases)
    func neverBeforeTheData(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let business = try await Self.shop(harness)
            let first = try harness.cursor(business, after: 2)
            var cursor = first
            let reader = WatchReader()
            async let watch: Void = harness.watch(business, first, to: reader)
            #expect(await reader.next() == "bookmark 2")
            for number in 1...20 {
                try await Self.write(harness, number)
                let event = await reader.next()
                let pulled: Khach_V1_PullChangesResponse = try await harness.call(
                    "khach.v1.SyncService/PullChanges",
                    Khach_V1_PullChangesRequest.with {
                        $0.businessID = business.id
                        $0.cursor.append(contentsOf: cursor)
                    }
                )
                #expect(event == "poke \(pulled.seq)")
                #expect(pulled.changes.map(\.customer.externalUserID) == ["u\(number)"])
                cursor = Array(pulled.cursor)
            }
            harness.watches.close()
            try await watch
        }
    }

    @Test("F4 F10: a slow reader gets one poke with the newest head, and skips nothing")
    func slowReader() async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let reader = WatchReader()
        reader.hold()
        let cursor = try harness.cursor(business, after: 2)
        async let watch: Void = harness.watch(business, cursor, to: reader)
        #expect(await reader.next() == "bookmark 2")
        for number in 1...100 { try await Self.write(harness, number) }
        reader.release()
        #expect(await reader.next() == "poke 102")
        harness.watches.close()
        #expect(await reader.next() == "bookmark 102")
        #expect(await reader.next() == "end")
        try await watch
    }

    @Test("F8: idle watchers are told that nothing is new, however busy another is")
    func idleBookmarks() async throws {
        let harness = ServiceHarness()
        let hot = try await Self.shop(harness)
        let idle = try await harness.business()
        let hotReader = WatchReader()
        let idleReader = WatchReader()
        let hotCursor = try harness.cursor(hot, after: 2)
        let idleCursor = try harness.cursor(idle, after: 1)
        async let hotWatch: Void = harness.watch(hot, hotCursor, to: hotReader)
        async let idleWatch: Void = harness.watch(idle, idleCursor, to: idleReader)
        #expect(await hotReader.next() == "bookmark 2")
        #expect(await idleReader.next() == "bookmark 1")

        for number in 1...10 {
            try await Self.write(harness, number)
            #expect(await hotReader.next() == "poke \(2 + number)")
            harness.monotonic.advance(1_000_000_000)
            harness.tick()
        }
        #expect(await idleReader.next() == "bookmark 1")
        harness.watches.close()
        try await hotWatch
        try await idleWatch
    }

    @Test("F9: a server that stops ends every stream, and refuses who comes then")
    func drain() async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let reader = WatchReader()
        let cursor = try harness.cursor(business, after: 2)
        async let watch: Void = harness.watch(business, cursor, to: reader)
        #expect(await reader.next() == "bookmark 2")
        harness.watches.close()
        #expect(await reader.next() == "bookmark 2")
        #expect(await reader.next() == "end")
        try await watch
        #expect(harness.watches.count == 0)

        let status = await self.refusal(harness, business, cursor)
        #expect(status.code == .unavailable)
        #expect(status.reason == "STOPPING")
    }

    @Test("a caller that goes away is forgotten")
    func cancelled() async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let cursor = try harness.cursor(business, after: 2)
        await withThrowingTaskGroup(of: Void.self) { group in
            let reader = WatchReader()
            group.addTask { try await harness.watch(business, cursor, to: reader) }
            #expect(await reader.next() == "bookmark 2")
            #expect(harness.watches.count == 1)
            group.cancelAll()
            await #expect(throws: Status.self) { try await group.next() }
        }
        #expect(harness.watches.count == 0)
    }

    @Test("watchers are bounded: the last is taken, one more is not, and then another is")
    func bound() async throws {
        let harness = ServiceHarness()
        let business = try await Self.shop(harness)
        let cursor = try harness.cursor(business, after: 2)
        let readers = (0..<ServiceLimits.watchersMax).map { _ in WatchReader() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in readers {
                group.addTask { try await harness.watch(business, cursor, to: reader) }
            }
            for reader in readers { #expect(await reader.next() == "bookmark 2") }
            let status = await self.refusal(harness, business, cursor)
            #expect(status.code == .resourceExhausted)
            #expect(status.reason == "TOO_MANY_WATCHERS")

            try await Self.write(harness, 1)
            for reader in readers { #expect(await reader.next() == "poke 3") }
            harness.watches.close()
            try await group.waitForAll()
        }
        #expect(harness.watches.count == 0)
    }

    @Test("refuses the cursors that PullChanges refuses", arguments: PullChangesTests.refused)
    func refuses(_ example: PullChangesTests.Refused) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let id = try #require(BusinessID(text: business.id))
        let status = await self.refusal(
            harness,
            business,
            example.cursor(harness.seal, harness.store.generation, id)
        )
        #expect(status.code == example.code)
        #expect(status.reason == example.reason)
        #expect(harness.watches.count == 0)
    }

    @Test("a business that is not there is not found")
    func unknownBusiness() async throws {
        let harness = ServiceHarness()
        let status = await self.refusal(harness, .with { $0.id = "b0000000000001" }, [])
        #expect(status.code == .notFound)
        #expect(harness.watches.count == 0)
    }

    @Test("an edit's reply names the position that a cache waits for")
    func positions() async throws {
        let harness = ServiceHarness()
        _ = try await Self.shop(harness)
        let outcomes = try await harness.record([.sample("m:1")])
        let reply: Khach_V1_UpdateCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/UpdateCustomer",
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = outcomes[0].customerID
                $0.updateMask.paths = ["address"]
                $0.address = "Huế"
                $0.mutation.actor = "an"
            }
        )
        let generation = String(repeating: "01", count: 16)
        #expect(reply.position == "\(generation)-\(reply.seq)")
        let erased: Khach_V1_EraseCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/EraseCustomer",
            Khach_V1_EraseCustomerRequest.with {
                $0.id = outcomes[0].customerID
                $0.mutation.actor = "an"
            }
        )
        #expect(erased.position == "\(generation)-\(erased.seq)")
    }

    private func refusal(
        _ harness: ServiceHarness,
        _ business: Khach_V1_Business,
        _ cursor: [UInt8]
    ) async -> Status {
        do throws(Status) {
            try await harness.watch(business, cursor, to: WatchReader())
        } catch {
            return error
        }
        Issue.record("a refusal expected, found a stream")
        return Status(.ok, "")
    }
}
