internal import KhachCore
internal import KhachProto
internal import KhachService
internal import KhachTestKit
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("PullChanges")
struct PullChangesTests {
    private static let pull = "khach.v1.SyncService/PullChanges"

    @Test(
        "from nothing to the head and on, whatever the size of a page",
        arguments: [1, 2, 3, 100]
    )
    func followsTheFeed(_ rows: UInt32) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        _ = try await harness.record(
            (0..<5).map { number in
                .sample("m:\(number)") { $0.externalUserID = "u\(number)" }
            }
        )

        var seen: [String: Khach_V1_Customer] = [:]
        var request = Khach_V1_PullChangesRequest.with {
            $0.businessID = business.id
            $0.pageRowsMax = rows
        }
        let first = try await self.drain(harness, &request, into: &seen)
        #expect(first.allSatisfy { $0.phase == .snapshot })
        #expect(seen.count == 5)

        _ = try await harness.record([
            .sample("m:9") {
                $0.externalUserID = "u3"; $0.occurredAt.seconds += 9
            }
        ])
        let second = try await self.drain(harness, &request, into: &seen)
        #expect(second.allSatisfy { $0.phase == .delta })
        #expect(second.flatMap(\.changes).map(\.customer.externalUserID) == ["u3"])
        #expect(second.last?.seq == second.last?.headSeq)
    }

    @Test("a page's cursor names what it delivered, never the head (A4)")
    func cursorIsWhatWasDelivered() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let id = try #require(BusinessID(text: business.id))
        _ = try await harness.page(business, "p1")
        let request = Khach_V1_PullChangesRequest.with {
            $0.businessID = business.id
            $0.pageRowsMax = 1
        }
        let reply: Khach_V1_PullChangesResponse = try await harness.call(Self.pull, request)
        #expect(reply.hasMore_p)
        #expect(reply.seq == 0)
        let cursor = try SyncCursor.open(
            Array(reply.cursor),
            by: harness.seal,
            generation: harness.store.generation,
            business: id
        )
        let key = SnapshotKey(kind: .business, id: id.rawValue)
        #expect(cursor.position == .snapshot(after: key, startedAt: reply.headSeq))

        let delta = SyncCursor(business: id, position: .delta(after: 0))
            .sealed(by: harness.seal, generation: harness.store.generation)
        var more = request
        more.cursor.append(contentsOf: delta)
        let change: Khach_V1_PullChangesResponse = try await harness.call(Self.pull, more)
        #expect(change.hasMore_p)
        #expect(change.seq == change.changes.last?.seq)
        #expect(change.seq < change.headSeq)
    }

    @Test("C3: a reply names the horizon to a cursor before it, and to no other")
    func horizon() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let id = try #require(BusinessID(text: business.id))
        _ = try await harness.page(business, "p1")
        let outcomes = try await harness.record([.sample("m:1")])
        let erased: Khach_V1_EraseCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/EraseCustomer",
            Khach_V1_EraseCustomerRequest.with {
                $0.id = outcomes[0].customerID
                $0.mutation.actor = "lan"
            }
        )
        let retention = TombstoneRetention(store: harness.store, seconds: 1) {
            Instant(milliseconds: ServiceHarness.clock.milliseconds + 1_001)
        }
        try await retention.sweep()
        for (after, horizon) in [(0, erased.seq), (erased.seq - 1, erased.seq), (erased.seq, 0)] {
            var request = Khach_V1_PullChangesRequest.with { $0.businessID = business.id }
            request.cursor.append(
                contentsOf: SyncCursor(business: id, position: .delta(after: after))
                    .sealed(by: harness.seal, generation: harness.store.generation)
            )
            let reply: Khach_V1_PullChangesResponse = try await harness.call(Self.pull, request)
            #expect(reply.tombstoneHorizon == horizon)
            #expect(reply.seq == reply.headSeq)
        }
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Status.Code
        var reason: String
        var cursor: @Sendable (Seal, [UInt8], BusinessID) -> [UInt8]
    }

    static let refused: [Refused] = [
        Refused(testDescription: "garbage", code: .invalidArgument, reason: "CURSOR_INVALID") {
            _,
            _,
            _ in [1, 2, 3]
        },
        Refused(testDescription: "another key's", code: .invalidArgument, reason: "CURSOR_INVALID")
        {
            _,
            generation,
            business in
            SyncCursor(business: business, position: .delta(after: 0))
                .sealed(by: Seal { _ in [UInt8](repeating: 0, count: 16) }, generation: generation)
        },
        Refused(
            testDescription: "another business's",
            code: .invalidArgument,
            reason: "CURSOR_SCOPE_MISMATCH"
        ) { seal, generation, business in
            SyncCursor(
                business: BusinessID(rawValue: business.rawValue + 1),
                position: .delta(after: 0)
            ).sealed(by: seal, generation: generation)
        },
        Refused(
            testDescription: "another generation's",
            code: .failedPrecondition,
            reason: "GENERATION_CHANGED"
        ) { seal, _, business in
            SyncCursor(business: business, position: .delta(after: 0))
                .sealed(by: seal, generation: [UInt8](repeating: 9, count: 16))
        },
        Refused(
            testDescription: "one ahead of the head (A9)",
            code: .outOfRange,
            reason: "CURSOR_AHEAD"
        ) { seal, generation, business in
            SyncCursor(business: business, position: .delta(after: 1_000))
                .sealed(by: seal, generation: generation)
        },
    ]

    @Test("refuses a cursor that is not this feed's, by name", arguments: refused)
    func refuses(_ example: Refused) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let id = try #require(BusinessID(text: business.id))
        let bytes = example.cursor(harness.seal, harness.store.generation, id)
        var request = Khach_V1_PullChangesRequest.with { $0.businessID = business.id }
        request.cursor.append(contentsOf: bytes)
        let status = try await harness.refusal(Self.pull, request)
        #expect(status.code == example.code)
        #expect(status.reason == example.reason)
    }

    @Test(
        "bounds are judged",
        arguments: [
            (1_001, 0, "page_rows_max"), (0, (1 << 20) + 1, "page_bytes_max"),
        ] as [(UInt32, UInt32, String)]
    )
    func bounds(_ rows: UInt32, _ bytes: UInt32, _ field: String) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let status = try await harness.refusal(
            Self.pull,
            Khach_V1_PullChangesRequest.with {
                $0.businessID = business.id
                $0.pageRowsMax = rows
                $0.pageBytesMax = bytes
            }
        )
        #expect(status.field == field)
    }

    @Test("a business that is not there is not found")
    func unknownBusiness() async throws {
        let status = try await ServiceHarness().refusal(
            Self.pull,
            Khach_V1_PullChangesRequest.with { $0.businessID = "b0000000000001" }
        )
        #expect(status.code == .notFound)
    }

    /// Pulls until the head; the replies, and the customers as a cache would hold them.
    private func drain(
        _ harness: ServiceHarness,
        _ request: inout Khach_V1_PullChangesRequest,
        into seen: inout [String: Khach_V1_Customer]
    ) async throws -> [Khach_V1_PullChangesResponse] {
        var replies: [Khach_V1_PullChangesResponse] = []
        repeat {
            let reply: Khach_V1_PullChangesResponse = try await harness.call(Self.pull, request)
            #expect(reply.changes.count <= Int(request.pageRowsMax))
            for change in reply.changes {
                if case .customer(let customer) = change.entity { seen[customer.id] = customer }
            }
            request.cursor = reply.cursor
            replies.append(reply)
        } while replies.last?.hasMore_p == true && replies.count < 100
        return replies
    }
}
