internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("RecordInteractions")
struct RecordInteractionsTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var field: String
        var reason = "INVALID_FIELD"
        var change: @Sendable (inout Khach_V1_Interaction) -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "no channel", field: "channel") { $0.channel = .unspecified },
        Refused(testDescription: "a channel of the future", field: "channel") {
            $0.channel = .UNRECOGNIZED(77)
        },
        Refused(testDescription: "no page", field: "external_page_id") { $0.externalPageID = "" },
        Refused(
            testDescription: "an unknown page",
            field: "external_page_id",
            reason: "UNKNOWN_PAGE"
        ) {
            $0.externalPageID = "nobody's"
        },
        Refused(testDescription: "no event key", field: "event_key") { $0.eventKey = "" },
        Refused(testDescription: "an event key of 257 bytes", field: "event_key") {
            $0.eventKey = String(repeating: "k", count: 257)
        },
        Refused(testDescription: "a user id of 129 bytes", field: "external_user_id") {
            $0.externalUserID = String(repeating: "u", count: 129)
        },
        Refused(testDescription: "a NUL in a user id", field: "external_user_id") {
            $0.externalUserID = "u\0"
        },
        Refused(testDescription: "no direction", field: "direction") {
            $0.direction = .unspecified
        },
        Refused(testDescription: "no kind", field: "kind") { $0.kind = .unspecified },
        Refused(testDescription: "no time", field: "occurred_at") { $0.clearOccurredAt() },
        Refused(testDescription: "a time after the year 9999", field: "occurred_at") {
            $0.occurredAt.seconds = 253_402_300_800
        },
        Refused(testDescription: "a time before the year 1", field: "occurred_at") {
            $0.occurredAt.seconds = .min
        },
        Refused(testDescription: "a thousand million nanoseconds", field: "occurred_at") {
            $0.occurredAt.nanos = 1_000_000_000
        },
        Refused(testDescription: "a name from an agent", field: "name_hint_source") {
            $0.nameHintSource = .manual
        },
        Refused(testDescription: "a revision of an original", field: "revision") {
            $0.revision = 1
        },
        Refused(testDescription: "an edit without a revision", field: "revision") {
            $0.operation = .edit
        },
        Refused(testDescription: "an unknown operation", field: "operation") {
            $0.operation = .UNRECOGNIZED(9)
        },
    ]

    @Test("refuses the one item and records its neighbours", arguments: refused)
    func refuses(_ example: Refused) async throws {
        let harness = ServiceHarness()
        _ = try await harness.page(try await harness.business(), "p1")

        let outcomes = try await harness.record([
            .sample("m:1"), .sample("m:2", example.change), .sample("m:3"),
        ])
        try #require(outcomes.count == 3)
        #expect(outcomes[0].result == .createdCustomer)
        #expect(outcomes[1].result == .rejected)
        #expect(outcomes[1].error.field == example.field)
        #expect(outcomes[1].error.reason == example.reason)
        #expect(!outcomes[1].error.message.isEmpty)
        #expect(outcomes[2].result == .applied)
    }

    @Test("accepts what is just within the bounds")
    func bounds() async throws {
        let harness = ServiceHarness()
        _ = try await harness.page(try await harness.business(), "p1")
        let outcomes = try await harness.record([
            .sample(String(repeating: "k", count: 256)) {
                $0.externalUserID = String(repeating: "u", count: 128)
                $0.occurredAt = Google_Protobuf_Timestamp(
                    seconds: 1_780_000_000,
                    nanos: 999_999_999
                )
            },
            .sample("m:2") {
                $0.operation = .edit
                $0.revision = UInt64(Int64.max)
            },
        ])
        #expect(outcomes.map(\.result) == [.createdCustomer, .createdCustomer])
    }

    @Test(
        "counts the items before it decodes them",
        arguments: [(0, false), (1, true), (1_000, true), (1_001, false), (200_000, false)]
    )
    func counts(_ items: Int, isAccepted: Bool) async throws {
        let harness = ServiceHarness()
        // Empty items: two bytes each, the cheapest way to ask for many objects.
        let payload = Payload(
            bytes: [UInt8](repeating: 0, count: items * 2).enumerated().map {
                $0.offset % 2 == 0 ? UInt8(0x0A) : 0
            }
        )
        do throws(Status) {
            _ = try await harness.call("khach.v1.InteractionService/RecordInteractions", payload)
            #expect(isAccepted)
        } catch {
            #expect(!isAccepted)
            #expect(error.code == .invalidArgument)
            #expect(error.field == "interactions")
        }
    }

    @Test("repairs the texts of an item and refuses its identifiers (N9)")
    func repairs() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        func item(_ key: String, _ field: UInt8) throws -> [UInt8] {
            let item: [UInt8] = try Khach_V1_Interaction.sample(key).serializedBytes()
            let broken = item + [field << 3 | 2, 4, 0x61, 0xFF, 0xFE, 0x62]
            return [0x0A, UInt8(broken.count)] + broken
        }
        let payload = Payload(
            bytes: try item("m:1", 10) + item("m:2", 11) + item("m:3", 4) + [0x0A, 1, 0x0F]
        )
        let reply = try Khach_V1_RecordInteractionsResponse(
            serializedBytes: try await harness.call(
                "khach.v1.InteractionService/RecordInteractions",
                payload
            )
        )
        #expect(reply.outcomes.map(\.result) == [.createdCustomer, .applied, .rejected, .rejected])
        #expect(reply.outcomes[2].error.reason == "INVALID_FIELD")
        #expect(reply.outcomes[2].error.field == "external_user_id")
        #expect(reply.outcomes[3].error.reason == "MALFORMED")

        let customer: Khach_V1_GetCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = reply.outcomes[0].customerID }
        )
        #expect(customer.customer.name == "a\u{FFFD}\u{FFFD}b")
    }

    @Test("S6, S7 a recorded text shows in the customer and in the feed; an answer does not (P11)")
    func contacts() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        _ = try await harness.page(business, "p1")
        let outcomes = try await harness.record([
            .sample("m:1") { $0.text = "ib e 0912 345 678 nha, mail AN@example.vn" },
            .sample("m:2") {
                $0.text = "hotline 0987 654 321"
                $0.direction = .outbound
            },
            .sample("m:3") {
                // Cut inside of the number: what is not kept is not found (N9).
                $0.text = String(repeating: ".", count: Limits.interactionTextBytesMax - 5)
                $0.text += " 0901 234 567"
            },
        ])
        #expect(outcomes.map(\.result) == [.createdCustomer, .applied, .applied])
        let reply: Khach_V1_GetCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = outcomes[0].customerID }
        )
        #expect(reply.customer.phones.map(\.value) == ["+84912345678"])
        #expect(reply.customer.emails.map(\.value) == ["an@example.vn"])
        #expect(reply.customer.phones[0].firstSeenAt.seconds == 1_780_000_000)
        #expect(reply.customer.phones[0].lastSeenAt.seconds == 1_780_000_000)
        #expect(!reply.customer.phones[0].rejected && !reply.customer.phones[0].pinned)

        let changes: Khach_V1_PullChangesResponse = try await harness.call(
            "khach.v1.SyncService/PullChanges",
            Khach_V1_PullChangesRequest.with { $0.businessID = business.id }
        )
        #expect(changes.changes.map(\.customer).contains(reply.customer))

        _ = try await harness.record([
            .sample("m:1") {
                $0.operation = .remove
                $0.revision = 1
            }
        ])
        let removed: Khach_V1_GetCustomerResponse = try await harness.call(
            "khach.v1.CustomerService/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = outcomes[0].customerID }
        )
        #expect(removed.customer.phones.isEmpty && removed.customer.emails.isEmpty)
        #expect(removed.seq > reply.seq)
    }

    @Test("replaces a time that cannot be, and says so (N5)")
    func clockSanity() async throws {
        let harness = ServiceHarness()
        _ = try await harness.page(try await harness.business(), "p1")
        let now = ServiceHarness.clock.milliseconds / 1_000
        let outcomes = try await harness.record([
            .sample("m:1") { $0.occurredAt.seconds = now + 301 },
            .sample("m:2") { $0.occurredAt.seconds = now + 300 },
            .sample("m:3") { $0.occurredAt.seconds = 1_075_852_799 },
            .sample("m:4") { $0.occurredAt.seconds = 1_075_852_800 },
        ])
        #expect(outcomes.map(\.clockClamped) == [true, false, true, false])
    }
}
