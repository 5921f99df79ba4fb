internal import KhachCore
internal import KhachDetection
internal import KhachProto
internal import KhachService
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
        "§4.9 the phones that are found are those that records show, by hand too, each once a page",
        arguments: StoreKind.allCases
    )
    func counted(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            func found() async throws -> UInt64 {
                let reply: Khach_V1_GetStatisticsResponse = try await harness.call(
                    "\(ServiceHarness.customers)/GetStatistics",
                    Khach_V1_GetStatisticsRequest.with {
                        $0.businessID = shop.business.id
                        $0.grouping = .business
                        $0.dayFrom = "2026-01-01"
                        $0.dayTo = "2026-12-31"
                    }
                )
                return reply.totals.first?.measures.phonesFound ?? 0
            }
            let id = try await harness.customer("sđt \(Self.phone(1))")
            #expect(try await found() == 1)
            _ = try await harness.add(Self.phone(2), to: id)
            #expect(try await found() == 2, "an agent heard it: it was first seen then")
            _ = try await harness.add(Self.phone(1), to: id)
            #expect(try await found() == 2, "which somebody had written before")
            let other = try await harness.record([
                .sample("other") {
                    $0.externalUserID = "u2"
                    $0.text = "sđt \(Self.phone(2))"
                }
            ])[0].customerID
            #expect(try await found() == 2, "a family has one phone")
            _ = try await harness.reject(Self.phone(2), of: id)
            #expect(try await found() == 2, "the other's is left")
            _ = try await harness.reject(Self.phone(2), of: other)
            #expect(try await found() == 1)
            let many = (10..<30).map { Self.phone($0) }.joined(separator: ", ")
            _ = try await harness.record([
                .sample("many") {
                    $0.externalUserID = "u3"
                    $0.text = many
                }
            ])
            #expect(try await found() == 1 + 16, "as many as a record shows, and so a cache")
        }
    }

    static let written: [(inText: String, byAgent: String, value: String)] = [
        ("sđt 01681234567", "01681234567", "+84381234567"),
        ("sđt 01681234567", "0168 123 4567", "+84381234567"),
        ("sđt 0381234567", "+84 168 123 4567", "+84381234567"),
        ("sđt 01681234567", "841681234567", "+84381234567"),
        ("sđt 01681234567", "0084 168.123.4567", "+84381234567"),
        ("sđt 01681234567", "0381234567", "+84381234567"),
        ("gọi (08) 3822 1234", "(08) 3822 1234", "+842838221234"),
        ("gọi (04) 38221234", "02438221234", "+842438221234"),
        ("gọi 024 3822 1234", "(04)38221234", "+842438221234"),
        ("+6591234567", "+65 9123 4567", "+6591234567"),
    ]

    @Test(
        "P4 an agent's number is read by the plan that reads texts, old forms with new ones",
        arguments: written
    )
    func asWritten(_ example: (inText: String, byAgent: String, value: String)) async throws {
        let harness = ServiceHarness(detector: .standard)
        _ = try await harness.shop()
        let id = try await harness.customer(example.inText)
        #expect(try await harness.get(id).phones.map(\.value) == [example.value])
        let pinned = try await harness.pin(example.byAgent, of: id)
        #expect(pinned.phones.map(\.value) == [example.value])
        #expect(pinned.phones.first?.pinned == true)
        let rejected = try await harness.reject(example.byAgent, of: id)
        #expect(rejected.phones.map(\.value) == [example.value])
        #expect(rejected.phones.first?.rejected == true)
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
