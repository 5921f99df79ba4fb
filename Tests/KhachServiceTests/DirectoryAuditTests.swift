internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// What the audit says of businesses and pages that are made.
@Suite("The audit of the directory")
struct DirectoryAuditTests {
    /// Makes a business and a page in the name of `actor`.
    private static func make(
        by actor: String,
        _ harness: ServiceHarness
    ) async throws -> (business: Khach_V1_Business, page: Khach_V1_Page) {
        let made: Khach_V1_CreateBusinessResponse = try await harness.call(
            "\(ServiceHarness.directory)/CreateBusiness",
            Khach_V1_CreateBusinessRequest.with {
                $0.name = "Nhà Mây"
                $0.actor = actor
            }
        )
        let page: Khach_V1_CreatePageResponse = try await harness.call(
            "\(ServiceHarness.directory)/CreatePage",
            Khach_V1_CreatePageRequest.with {
                $0.businessID = made.business.id
                $0.channel = .facebook
                $0.externalPageID = "p1"
                $0.name = "Mây"
                $0.actor = actor
            }
        )
        return (made.business, page.page)
    }

    @Test(
        "who made a business and a page is in it, and nobody when nobody was named",
        arguments: StoreKind.allCases,
        ["lan", ""]
    )
    func creation(_ kind: StoreKind, _ actor: String) async throws {
        try await kind.run { harness in
            let made = try await Self.make(by: actor, harness)
            let entries = try await harness.audit(made.business.id)
            #expect(entries.map(\.number) == [2, 1])
            #expect(entries.map(\.action) == ["page.create", "business.create"])
            #expect(entries.map(\.entityID) == [made.page.id, made.business.id])
            #expect(entries.map(\.field) == ["name", "name"])
            #expect(entries.map(\.before) == ["", ""])
            #expect(entries.map(\.after) == ["Mây", "Nhà Mây"])
            #expect(entries.map(\.actor) == [actor, actor])
        }
    }

    @Test("a name of more than 200 bytes is refused, and nothing is made")
    func longActor() async throws {
        let harness = ServiceHarness()
        let status = try await harness.refusal(
            "\(ServiceHarness.directory)/CreateBusiness",
            Khach_V1_CreateBusinessRequest.with {
                $0.name = "Nhà Mây"
                $0.actor = String(repeating: "a", count: 201)
            }
        )
        #expect(status.field == "actor")
        #expect(try await harness.store.businesses(after: nil, rowsMax: 1).isEmpty)
    }
}
