internal import KhachCore
internal import KhachProto
internal import KhachService
internal import KhachTestKit
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("History methods")
struct HistoryMethodsTests {
    private static let explain = "\(ServiceHarness.customers)/ExplainContactPoint"
    private static let redetect = "\(ServiceHarness.customers)/RedetectContacts"

    @Test("S6 a phone tells the message it came from, the characters, the rule and the detector")
    func provenance() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer("số của em 0912 345 678 nha")
        let reply: Khach_V1_ExplainContactPointResponse = try await harness.call(
            Self.explain,
            Khach_V1_ExplainContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = "0912345678"
            }
        )
        let found = try #require(reply.observations.first)
        #expect(found.eventKey == "first")
        #expect(found.rule == "P4.national")
        #expect(!found.detectorVersion.isEmpty)
        let bytes = Array(found.text.utf8)[Int(found.byteStart)..<Int(found.byteEnd)]
        #expect(String(decoding: bytes, as: UTF8.self) == "0912 345 678")
        #expect(reply.hasMarkedAt == false)
    }

    @Test("N8 the page's own numbers are not the customer's")
    func ownContacts() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let _: Khach_V1_UpdatePageResponse = try await harness.call(
            "\(ServiceHarness.directory)/UpdatePage",
            Khach_V1_UpdatePageRequest.with {
                $0.id = shop.page.id
                $0.actor = "lan"
                $0.updateMask.paths = ["own_phones", "own_emails"]
                $0.ownPhones = ["0912 345 678"]
                $0.ownEmails = ["Shop@Example.vn"]
            }
        )
        let id = try await harness.customer("gọi 0912345678 hay 0987654321, shop@example.vn ạ?")
        let customer = try await harness.get(id)
        #expect(customer.phones.map(\.value) == ["+84987654321"])
        #expect(customer.emails.isEmpty)
    }

    @Test("re-detection shows the difference, and takes it only when it is accepted")
    func redetection() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        // An older detector had seen something else.
        let position = TextPosition(
            page: try #require(PageID(text: shop.page.id)),
            eventKey: "first"
        )
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
                    position: position,
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
        #expect(try await harness.get(id).phones.isEmpty)

        let shown = try await self.redetect(harness, shop.business.id, accept: false)
        #expect(shown.differences.map(\.value) == ["old@example.vn", "+84912345678"])
        #expect(shown.differences.map(\.change) == [.lost, .found])
        #expect(shown.textsCount == 1)
        #expect(try await harness.get(id).phones.isEmpty)
        _ = try await self.redetect(harness, shop.business.id, accept: true)
        let customer = try await harness.get(id)
        #expect(customer.phones.map(\.value) == ["+84912345678"])
        #expect(customer.emails.isEmpty)
        let rest = try await self.redetect(harness, shop.business.id, accept: false)
        #expect(rest.differences.isEmpty)
        let entries = try await harness.audit(shop.business.id).filter {
            $0.action == "customer.contact.redetect"
        }
        let version = shown.detectorVersion
        #expect(entries.map(\.entityID) == [id, id])
        #expect(entries.map(\.field) == ["detector", "detector"])
        #expect(entries.map(\.before) == ["0", version])
        #expect(entries.map(\.after) == [version, "0"])
        let counts = "1 text: 1 found, 1 lost"
        #expect(entries.map(\.reason) == [counts, counts])
    }

    @Test(
        "a channel's supplied phone is migrated like any other, and has no place in a text (§2.4)"
    )
    func supplied() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.record([.sample("first") { $0.phoneHint = "841682987721" }])[0]
            .customerID
        #expect(try await harness.get(id).phones.map(\.value) == ["+84382987721"])
    }

    @Test("texts older than they may be are dropped, in the first days of a store as in the last")
    func retention() async throws {
        let harness = ServiceHarness()
        _ = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        let day: Int64 = 86_400_000
        for (days, isKept) in [(Int64(29), true), (31, false)] {
            let retention = TextRetention(store: harness.store, days: 30) {
                Instant(milliseconds: ServiceHarness.clock.milliseconds + days * day)
            }
            try await retention.sweep()
            let reply: Khach_V1_ExplainContactPointResponse = try await harness.call(
                Self.explain,
                Khach_V1_ExplainContactPointRequest.with {
                    $0.id = id
                    $0.kind = .phone
                    $0.value = "0912345678"
                }
            )
            #expect(reply.observations.map(\.text.isEmpty) == [!isKept], "after \(days) days")
        }
        // An edit of what is no longer kept is not kept either; what is in it is found.
        _ = try await harness.record([
            .sample("first") {
                $0.text = "sđt 0987654321"
                $0.operation = .edit
                $0.revision = 1
            }
        ])
        #expect(try await harness.get(id).phones.map(\.value) == ["+84987654321"])
    }

    @Test("every change is in the audit: who, when, what, before and after; latest first, by pages")
    func audit() async throws {
        let harness = ServiceHarness()
        let shop = try await harness.shop()
        let id = try await harness.customer("sđt 0912345678")
        _ = try await harness.saveAddress("12 Hàng Bạc", of: id, revision: 0)
        _ = try await harness.saveAddress("5 Lê Lợi", of: id, revision: 1)
        _ = try await harness.reject("0912345678", of: id)
        _ = try await harness.block([id])
        _ = try await harness.unblock([id])
        _ = try await harness.setRoles(["u9"], on: shop.page.id)
        let entries = try await harness.audit(shop.business.id)
        #expect(
            entries.map(\.number).reversed() == Array(1...UInt64(entries.count)),
            "ascending without a gap"
        )
        let saved = try #require(entries.first { $0.after == "5 Lê Lợi" })
        #expect(saved.before == "12 Hàng Bạc")
        #expect(saved.actor == "lan")
        #expect(saved.entityID == id)
        #expect(saved.at.seconds == ServiceHarness.clock.milliseconds / 1_000)

        var numbers: [UInt64] = []
        var token = ""
        repeat {
            let reply: Khach_V1_ListAuditEntriesResponse = try await harness.call(
                "\(ServiceHarness.customers)/ListAuditEntries",
                Khach_V1_ListAuditEntriesRequest.with {
                    $0.businessID = shop.business.id
                    $0.pageSize = 2
                    $0.pageToken = token
                }
            )
            numbers += reply.entries.map(\.number)
            token = reply.nextPageToken
        } while !token.isEmpty
        #expect(numbers == entries.map(\.number))
    }

    private func redetect(
        _ harness: ServiceHarness,
        _ business: String,
        accept: Bool
    ) async throws -> Khach_V1_RedetectContactsResponse {
        try await harness.call(
            Self.redetect,
            Khach_V1_RedetectContactsRequest.with {
                $0.businessID = business
                $0.accept = accept
                $0.mutation = ServiceHarness.mutation
            }
        )
    }
}
