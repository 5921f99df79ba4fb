internal import FoundationEssentials
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("PushMutations")
struct OutboxMethodsTests {
    private static let method = "khach.v1.SyncService/PushMutations"
    private static let client = [UInt8](repeating: 7, count: 16)

    typealias Change = Khach_V1_ClientMutation.OneOf_Change

    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var change: Change?
        var result: Khach_V1_MutationOutcome.Result
        var reason = ""
        var message = ""
    }

    static func contact(_ kind: UInt32, _ value: String) -> Khach_V1_EditContact {
        .with {
            $0.kind = kind
            $0.value = value
        }
    }

    static func text(_ text: String, _ revision: UInt64 = 0) -> Khach_V1_EditText {
        .with {
            $0.text = text
            $0.editRevision = revision
        }
    }

    /// One customer of a page, whose message had the phone 0912345678; one after the other.
    static let rows = [
        Row(testDescription: "an address", change: .address(text("1 Hàng Bạc")), result: .applied),
        Row(
            testDescription: "an address, against an older edit",
            change: .address(text("2 Hàng Bạc")),
            result: .superseded,
            reason: "EDIT_CONFLICT",
            message: "address: an edit of the stored value expected, found one of another"
        ),
        Row(
            testDescription: "the address that is stored",
            change: .address(text("1 Hàng Bạc")),
            result: .appliedModified
        ),
        Row(
            testDescription: "a name, with spaces around it",
            change: .manualName(text(" Lê  An ")),
            result: .appliedModified
        ),
        Row(
            testDescription: "an invisible name",
            change: .manualName(text("\u{200B}", 1)),
            result: .rejected,
            reason: "INVALID_FIELD",
            message: "manual_name: a visible name or none expected, found an invisible one"
        ),
        Row(
            testDescription: "a block",
            change: .block(.with { $0.reason = "spam" }),
            result: .applied
        ),
        Row(testDescription: "a block again", change: .block(.init()), result: .appliedModified),
        Row(testDescription: "an unblock", change: .unblock(.init()), result: .applied),
        Row(
            testDescription: "a phone, as people write it",
            change: .addContact(contact(1, "0987 654 321")),
            result: .appliedModified
        ),
        Row(
            testDescription: "a phone in E.164",
            change: .pinContact(contact(1, "+84987654321")),
            result: .applied
        ),
        Row(
            testDescription: "no phone",
            change: .addContact(contact(1, "12")),
            result: .rejected,
            reason: "INVALID_FIELD",
            message: "value: a phone number that exists, such as 0912345678 or +6591234567, "
                + "expected, found another text"
        ),
        Row(
            testDescription: "a kind that there is not",
            change: .addContact(contact(9, "x")),
            result: .rejected,
            reason: "INVALID_FIELD",
            message: "kind: PHONE or EMAIL expected, found 9"
        ),
        Row(
            testDescription: "a contact that the customer has not",
            change: .rejectContact(contact(2, "an@example.vn")),
            result: .rejected,
            reason: "NOT_FOUND",
            message: "value: a contact point of the customer expected, found none"
        ),
        Row(
            testDescription: "nothing",
            change: nil,
            result: .rejected,
            reason: "DISCARDED",
            message: "a change expected, found none"
        ),
    ]

    @Test("G4, G16 each mutation of a batch has its own outcome")
    func outcomes() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let customer = try await harness.customer("sđt 0912345678")
        let mutations = Self.rows.enumerated().map { index, row in
            Khach_V1_ClientMutation.with {
                $0.mutationID = UInt64(index + 1)
                $0.customerID = customer
                $0.actor = "lan"
                $0.change = row.change
            }
        }
        let reply = try await self.push(harness, shop.business.id, mutations)
        #expect(reply.lastMutationID == UInt64(Self.rows.count))
        #expect(reply.durableMutationID == 0)
        #expect(reply.generation.count == 16)
        try #require(reply.outcomes.count == Self.rows.count)
        for (row, outcome) in zip(Self.rows, reply.outcomes) {
            #expect(outcome.result == row.result, "\(row.testDescription)")
            #expect(outcome.reason == row.reason, "\(row.testDescription)")
            #expect(outcome.message == row.message, "\(row.testDescription)")
        }
        #expect(reply.outcomes[1].stored.text == "1 Hàng Bạc")

        let found = try await harness.get(customer)
        #expect(found.address.text == "1 Hàng Bạc")
        #expect(found.address.updatedBy == "lan")
        #expect(found.name == "Lê  An")
        #expect(found.block.state == .none)
        #expect(found.phones.map(\.value) == ["+84987654321", "+84912345678"])
        #expect(try await self.push(harness, shop.business.id, mutations) == reply)
    }

    struct Refused: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var reason: String
        var message: String
        var change: @Sendable (inout Khach_V1_PushMutationsRequest) -> Void
    }

    static let refused = [
        Refused(
            testDescription: "a client id of another length",
            reason: "INVALID_FIELD",
            message: "client_id: 16 bytes expected, found 3"
        ) { $0.clientID = .init([1, 2, 3]) },
        Refused(
            testDescription: "an id of 0",
            reason: "INVALID_FIELD",
            message: "mutations[1].mutation_id: 1 to 9223372036854775807 expected, found 0"
        ) { $0.mutations = [.with { $0.mutationID = 1 }, .init()] },
        Refused(
            testDescription: "too many",
            reason: "INVALID_FIELD",
            message: "mutations: 0 to 500 items expected, found more"
        ) { $0.mutations = Array(repeating: .init(), count: 501) },
        Refused(
            testDescription: "another generation",
            reason: "GENERATION_CHANGED",
            message: "generation: the store's present one expected, found another"
        ) { $0.generation = .init([UInt8](repeating: 9, count: 16)) },
        Refused(
            testDescription: "a gap at the beginning",
            reason: "MUTATION_GAP",
            message: "mutations[0].mutation_id: at most 1 expected, found 3"
        ) { $0.mutations = [.with { $0.mutationID = 3 }] },
    ]

    @Test("G3 what cannot be taken is refused, and says what was expected", arguments: refused)
    func refusals(row: Refused) async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let request = Khach_V1_PushMutationsRequest.with {
            $0.businessID = shop.business.id
            $0.clientID = .init(Self.client)
            row.change(&$0)
        }
        let status = try await harness.refusal(Self.method, request)
        #expect(status.reason == row.reason)
        #expect(status.message == row.message)
    }

    private func push(
        _ harness: ServiceHarness,
        _ business: String,
        _ mutations: [Khach_V1_ClientMutation]
    ) async throws -> Khach_V1_PushMutationsResponse {
        try await harness.call(
            Self.method,
            Khach_V1_PushMutationsRequest.with {
                $0.businessID = business
                $0.clientID = .init(Self.client)
                $0.mutations = mutations
            }
        )
    }
}
