internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// How many marks are kept of a customer, and which.
@Suite("Marks of contact points")
struct ContactMarkTests {
    private static func phone(_ number: Int) -> String { "+84\(912_345_600 + number)" }

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
