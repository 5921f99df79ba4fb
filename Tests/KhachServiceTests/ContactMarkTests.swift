internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// How many marks are kept of a customer, and which.
@Suite("Marks of contact points")
struct ContactMarkTests {
    private static func phone(_ number: Int) -> String { "+84\(912_345_600 + number)" }

    private static func link(
        _ id: String,
        _ other: String,
        _ harness: ServiceHarness
    ) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_LinkIdentityResponse = try await harness.call(
            "\(ServiceHarness.customers)/LinkIdentity",
            Khach_V1_LinkIdentityRequest.with {
                $0.id = id
                $0.otherID = other
                $0.mutation = ServiceHarness.mutation
            }
        )
        return reply.customer
    }

    /// So many phones, each supplied later than the one before.
    private static func supply(
        _ numbers: some Sequence<Int>,
        _ harness: ServiceHarness
    ) async throws {
        let reply: Khach_V1_RecordProfilesResponse = try await harness.call(
            "khach.v1.InteractionService/RecordProfiles",
            Khach_V1_RecordProfilesRequest.with { request in
                request.profiles = numbers.map { number in
                    .with {
                        $0.channel = .facebook
                        $0.externalPageID = "p1"
                        $0.externalUserID = "u1"
                        $0.observedAt.seconds = 1_780_000_000 + Int64(number)
                        $0.phone = Self.phone(number)
                    }
                }
            }
        )
        #expect(reply.outcomes.allSatisfy { $0.result == .applied })
    }

    @Test(
        "P12 what was rejected of one stays rejected when it is linked to another full of marks",
        arguments: StoreKind.allCases
    )
    func rejection(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            _ = try await harness.shop()
            let id = try await harness.customer()
            for number in 1...Limits.contactMarksMax {
                _ = try await harness.add(Self.phone(number), to: id)
            }
            _ = try await harness.pin(Self.phone(3), of: id)
            let other = try await harness.record([
                .sample("other") {
                    $0.externalUserID = "u2"
                    $0.text = "sđt 0987654321"
                    $0.occurredAt.seconds += 60
                }
            ])[0].customerID
            _ = try await harness.reject("0987654321", of: other)
            let customer = try await Self.link(id, other, harness)
            #expect(customer.id == id)
            #expect(customer.phones.last?.value == "+84987654321")
            #expect(customer.phones.filter(\.rejected).map(\.value) == ["+84987654321"])
            // One of the added had to go, and not the pinned one.
            #expect(customer.phones.count(where: \.addedByHand) == Limits.contactMarksMax - 1)
            #expect(customer.phones.first?.value == Self.phone(3))
            _ = try await harness.record([
                .sample("again") {
                    $0.externalUserID = "u2"
                    $0.text = "sđt 0987654321"
                    $0.occurredAt.seconds += 120
                }
            ])
            #expect(
                try await harness.get(id).phones.filter(\.rejected).map(\.value)
                    == ["+84987654321"]
            )
        }
    }

    @Test(
        "a channel's phones have a bound of their own: the latest stay, and agents mark as many",
        arguments: StoreKind.allCases
    )
    func supplied(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            _ = try await harness.shop()
            let id = try await harness.customer()
            // The first comes last, and is still the oldest.
            try await Self.supply(Array(2...17) + [1], harness)
            let latest = (2...17).reversed().map(Self.phone)
            #expect(try await harness.get(id).phones.map(\.value) == latest)
            try await Self.supply([18], harness)
            #expect(try await harness.get(id).phones.first?.value == Self.phone(18))
            #expect(try await harness.get(id).phones.last?.value == Self.phone(3))

            // One that is rejected is the agent's, and comes back by no profile (P12).
            _ = try await harness.reject(Self.phone(18), of: id)
            for number in 101...115 { _ = try await harness.add(Self.phone(number), to: id) }
            try await Self.supply([18, 19, 20], harness)
            let phones = try await harness.get(id).phones
            #expect(phones.filter(\.rejected).map(\.value) == [Self.phone(18)])
            #expect(phones.count(where: \.addedByHand) == 15)
            #expect(phones.count { !$0.addedByHand && !$0.rejected } == 16)
            let status = try await harness.refusal(
                "\(ServiceHarness.customers)/AddContactPoint",
                Khach_V1_AddContactPointRequest.with {
                    $0.id = id
                    $0.kind = .phone
                    $0.value = Self.phone(20)
                    $0.mutation = ServiceHarness.mutation
                }
            )
            #expect(status.reason == "TOO_MANY_MARKS")
        }
    }
}
