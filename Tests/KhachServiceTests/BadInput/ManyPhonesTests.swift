internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// One customer who sends more numbers than anybody has: the record stays small, every observation
/// is kept, and whatever goes over all of them goes in batches.
@Suite("Many phones on one customer", .timeLimit(.minutes(15)))
struct ManyPhonesTests {
    private static let service = "khach.v1.CustomerService"
    private static let texts = 2_600
    private static let phonesPerText = 10

    private static func phone(_ number: Int) -> String {
        "09\(String(10_000_000 + number))"
    }

    /// Later texts have later numbers, and the first number of a text is its best.
    private static func text(_ index: Int) -> String {
        (0..<self.phonesPerText)
            .map { self.phone(index * self.phonesPerText + $0) }
            .joined(separator: ", ")
    }

    @Test("26,000 phones are the 16 best in the record, and all of them stand behind it")
    func phones() async throws {
        try await StoreKind.sqlite.run { harness in
            let shop = try await harness.shop()
            let id = try await self.record(in: harness)
            let latest = (0..<16).map { index -> String in
                let text = Self.texts - 1 - index / Self.phonesPerText
                let number = text * Self.phonesPerText + index % Self.phonesPerText
                return "+84" + Self.phone(number).dropFirst()
            }
            var customer = try await harness.get(id)
            #expect(customer.phones.map(\.value) == latest)
            let bytes: [UInt8] = try customer.serializedBytes()
            #expect(bytes.count <= 2_000, "\(bytes.count)")

            let best = try await self.explain(latest[0], of: id, harness)
            #expect(best.observations.map(\.eventKey) == ["m\(Self.texts - 1)"])
            // What is counted is what the record has.
            let measures = try await self.measures(of: shop.business.id, harness)
            #expect(measures.phonesFound == 16)
            #expect(measures.newCustomers == 1)

            // The best leaves: the next one takes its place, whichever that is of 26,000.
            _ = try await harness.record([
                .sample("m\(Self.texts - 1)") {
                    $0.operation = .remove
                    $0.revision = 1
                }
            ])
            customer = try await harness.get(id)
            #expect(customer.phones.count == 16)
            let next = Self.phone((Self.texts - 2) * Self.phonesPerText)
            #expect(customer.phones.first?.value == "+84" + next.dropFirst())

            let counts = try await self.redetected(shop.business.id, harness)
            // By event key: the one that has no text any more is among the first 2,000.
            #expect(counts == [1_999, 600])
            try await self.expectErased(id, shop.business.id, harness)
        }
    }

    @Test("and one phone sent 2,600 times is explained by its latest 100")
    func onePhone() async throws {
        try await StoreKind.sqlite.run { harness in
            _ = try await harness.shop()
            let id = try await self.record(in: harness) { _ in "0912345678" }
            let customer = try await harness.get(id)
            #expect(customer.phones.map(\.value) == ["+84912345678"])
            let explained = try await self.explain("0912345678", of: id, harness)
            #expect(explained.observations.count == 100)
            #expect(explained.hasMore_p)
            #expect(explained.observations.first?.eventKey == "m\(Self.texts - 1)")
        }
    }

    private func record(
        in harness: ServiceHarness,
        _ text: (Int) -> String = ManyPhonesTests.text
    ) async throws -> String {
        var ids: Set<String> = []
        for begin in stride(from: 0, to: Self.texts, by: Limits.interactionsPerBatchMax) {
            let end = min(begin + Limits.interactionsPerBatchMax, Self.texts)
            let outcomes = try await harness.record(
                (begin..<end).map { index in
                    .sample("m\(index)") {
                        $0.text = text(index)
                        $0.occurredAt.seconds = 1_780_000_000 + Int64(index)
                    }
                }
            )
            #expect(outcomes.allSatisfy { [.createdCustomer, .applied].contains($0.result) })
            ids.formUnion(outcomes.map(\.customerID))
        }
        #expect(ids.count == 1)
        return ids.first ?? ""
    }

    private func explain(
        _ phone: String,
        of id: String,
        _ harness: ServiceHarness
    ) async throws -> Khach_V1_ExplainContactPointResponse {
        try await harness.call(
            "\(Self.service)/ExplainContactPoint",
            Khach_V1_ExplainContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = phone
            }
        )
    }

    private func measures(
        of business: String,
        _ harness: ServiceHarness
    ) async throws -> Khach_V1_StatisticsMeasures {
        let reply: Khach_V1_GetStatisticsResponse = try await harness.call(
            "\(Self.service)/GetStatistics",
            Khach_V1_GetStatisticsRequest.with {
                $0.businessID = business
                $0.grouping = .business
                $0.dayFrom = "2026-05-01"
                $0.dayTo = "2026-06-30"
            }
        )
        return reply.totals.first?.measures ?? .init()
    }

    /// How many texts each call of re-detection looked at.
    private func redetected(_ business: String, _ harness: ServiceHarness) async throws -> [Int] {
        var request = Khach_V1_RedetectContactsRequest.with {
            $0.businessID = business
            $0.mutation = ServiceHarness.mutation
        }
        var counts: [Int] = []
        repeat {
            let reply: Khach_V1_RedetectContactsResponse = try await harness.call(
                "\(Self.service)/RedetectContacts",
                request
            )
            counts.append(Int(reply.textsCount))
            request.pageToken = reply.nextPageToken
        } while !request.pageToken.isEmpty
        return counts
    }

    private func expectErased(
        _ id: String,
        _ business: String,
        _ harness: ServiceHarness
    ) async throws {
        let _: Khach_V1_EraseCustomerResponse = try await harness.call(
            "\(Self.service)/EraseCustomer",
            Khach_V1_EraseCustomerRequest.with {
                $0.id = id
                $0.mutation = ServiceHarness.mutation
            }
        )
        #expect(try await self.measures(of: business, harness).phonesFound == 0)
    }
}
