internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// Erasing and accepting findings by a name: once, and by no other request.
@Suite("Named requests")
struct NamedRequestTests {
    private static let mutation = Khach_V1_Mutation.with {
        $0.actor = "lan"
        $0.requestID = "r1"
    }

    private static func erasing(_ id: String) -> Khach_V1_EraseCustomerRequest {
        .with {
            $0.id = id
            $0.mutation = Self.mutation
        }
    }

    private static let erase = "\(ServiceHarness.customers)/EraseCustomer"
    private static let redetect = "\(ServiceHarness.customers)/RedetectContacts"

    @Test(
        "an erasure answers the same again, and its name is refused to another",
        arguments: StoreKind.allCases
    )
    func erasure(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            let id = try await harness.customer()
            let other = try await harness.record([.sample("o") { $0.externalUserID = "u2" }])[0]
                .customerID
            let third = try await harness.record([.sample("t") { $0.externalUserID = "u3" }])[0]
                .customerID
            // By an id that answered as another: it is gone with the customer.
            let _: Khach_V1_LinkIdentityResponse = try await harness.call(
                "\(ServiceHarness.customers)/LinkIdentity",
                Khach_V1_LinkIdentityRequest.with {
                    $0.id = id
                    $0.otherID = other
                    $0.mutation = ServiceHarness.mutation
                }
            )
            let request = Self.erasing(other)
            let first: Khach_V1_EraseCustomerResponse = try await harness.call(Self.erase, request)
            let lines = try await harness.audit(shop.business.id)
            let again: Khach_V1_EraseCustomerResponse = try await harness.call(Self.erase, request)
            #expect(again.seq == first.seq)
            #expect(try await harness.audit(shop.business.id) == lines)
            let reused = try await harness.refusal(Self.erase, Self.erasing(third))
            #expect(reused.reason == "REQUEST_ID_REUSED")
            #expect(try await harness.get(third).id == third)
        }
    }

    @Test(
        "a name that another request has erases nobody, and one given to who is gone is taken",
        arguments: StoreKind.allCases
    )
    func usedName(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            _ = try await harness.shop()
            let id = try await harness.customer()
            _ = try await harness.saveAddress("Huế", of: id, revision: 0, Self.mutation)
            let reused = try await harness.refusal(Self.erase, Self.erasing(id))
            #expect(reused.reason == "REQUEST_ID_REUSED")
            #expect(try await harness.get(id).address.text == "Huế")
            var request = Self.erasing(id)
            for name in ["r2", "r3"] {
                request.mutation.requestID = name
                let _: Khach_V1_EraseCustomerResponse = try await harness.call(
                    Self.erase,
                    request
                )
            }
            // The same name for a request of other bytes.
            request.mutation.actor = "hoa"
            #expect(
                try await harness.refusal(Self.erase, request).reason == "REQUEST_ID_REUSED"
            )
        }
    }

    @Test(
        "findings are accepted once by a name, and it is refused to another request",
        arguments: StoreKind.allCases
    )
    func redetection(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            let id = try await harness.customer("sđt 0912345678")
            try await Self.seeOld(shop, harness)
            var request = Khach_V1_RedetectContactsRequest.with {
                $0.businessID = shop.business.id
                $0.accept = true
                $0.mutation = Self.mutation
            }
            let first: Khach_V1_RedetectContactsResponse = try await harness.call(
                Self.redetect,
                request
            )
            #expect(first.differences.map(\.change) == [.lost, .found])
            #expect(try await harness.get(id).phones.map(\.value) == ["+84912345678"])

            try await Self.seeOld(shop, harness)
            _ = try await harness.record([.sample("more") { $0.text = "sđt 0987654321" }])
            let again: Khach_V1_RedetectContactsResponse = try await harness.call(
                Self.redetect,
                request
            )
            #expect(again.textsCount == 1, "as the first time, though there is one more")
            #expect(again.nextPageToken == first.nextPageToken)
            #expect(again.detectorVersion == first.detectorVersion)
            #expect(again.differences.isEmpty)
            #expect(try await harness.get(id).phones.map(\.value) == ["+84987654321"])

            request.mutation.actor = "hoa"
            let reused = try await harness.refusal(Self.redetect, request)
            #expect(reused.reason == "REQUEST_ID_REUSED")
            #expect(try await harness.get(id).phones.map(\.value) == ["+84987654321"])
            request.mutation.requestID = "r2"
            let next: Khach_V1_RedetectContactsResponse = try await harness.call(
                Self.redetect,
                request
            )
            #expect(next.differences.count == 2)
            #expect(try await harness.get(id).phones.count == 2)
        }
    }

    /// As if an older detector had seen something else in "first".
    private static func seeOld(
        _ shop: (business: Khach_V1_Business, page: Khach_V1_Page),
        _ harness: ServiceHarness
    ) async throws {
        let page = try #require(PageID(text: shop.page.id))
        let old = ContactFinding(
            kind: .email,
            value: "old@example.vn",
            bytes: 0..<3,
            rule: .email,
            detectorVersion: "0"
        )
        _ = try await harness.store.acceptFindings(
            [
                FindingUpdate(
                    position: TextPosition(page: page, eventKey: "first"),
                    revision: 0,
                    findings: [old],
                    detectorVersion: "0"
                )
            ],
            of: try #require(BusinessID(text: shop.business.id)),
            by: .service,
            answer: [],
            now: ServiceHarness.clock
        )
    }
}
