internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("GetDigests, ListRevisions, BatchGetRecords")
struct DigestMethodsTests {
    private static let service = "khach.v1.SyncService"

    @Test("sums, slots, revisions and records say the same of a page")
    func agree() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let page = try await harness.page(business, "p1")
        _ = try await harness.record(
            (0..<9).map { number in
                .sample("m:\(number)") { $0.externalUserID = "u\(number)" }
            }
        )
        let roots: Khach_V1_GetDigestsResponse = try await harness.call(
            "\(Self.service)/GetDigests",
            Khach_V1_GetDigestsRequest.with { $0.businessID = business.id }
        )
        #expect(roots.version == 1)
        #expect(roots.pages.map(\.pageID) == ["", page.id])
        #expect(roots.pages.map(\.count) == [2, 9])
        #expect(roots.pages.allSatisfy { $0.sum.count == 16 && $0.slots.isEmpty })

        let whole: Khach_V1_GetDigestsResponse = try await harness.call(
            "\(Self.service)/GetDigests",
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = business.id
                $0.pageIds = [page.id]
                $0.withSlots = true
            }
        )
        let digest = try #require(whole.pages.last)
        #expect(digest.slots.count == 256 * 24)
        #expect(digest.sum == roots.pages[1].sum)

        let revisions: Khach_V1_ListRevisionsResponse = try await harness.call(
            "\(Self.service)/ListRevisions",
            Khach_V1_ListRevisionsRequest.with {
                $0.businessID = business.id
                $0.pageID = page.id
                $0.slots = Array(0...255)
            }
        )
        #expect(revisions.revisions.count == 9)
        #expect(revisions.nextPageToken.isEmpty)
        #expect(revisions.seq == roots.seq)
        #expect(revisions.revisions.map(\.id) == revisions.revisions.map(\.id).sorted())

        let list: Khach_V1_ListCustomersResponse = try await harness.call(
            "khach.v1.CustomerService/ListCustomers",
            Khach_V1_ListCustomersRequest.with { $0.filter.businessID = business.id }
        )
        let records: Khach_V1_BatchGetRecordsResponse = try await harness.call(
            "\(Self.service)/BatchGetRecords",
            Khach_V1_BatchGetRecordsRequest.with {
                $0.businessID = business.id
                $0.ids = list.customers.map(\.id) + ["c0000000000001", page.id, business.id]
            }
        )
        #expect(records.changes.count == 11)
        #expect(records.idsDone == 12)
        #expect(records.changes.prefix(9).map(\.customer) == list.customers)

        // The cursor names the state of the sums: there is nothing after it.
        let rest: Khach_V1_PullChangesResponse = try await harness.call(
            "\(Self.service)/PullChanges",
            Khach_V1_PullChangesRequest.with {
                $0.businessID = business.id
                $0.cursor = roots.cursor
            }
        )
        #expect(rest.changes.isEmpty)
        #expect(!rest.hasMore_p)
        #expect(rest.phase == .delta)
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var method: String
        var field: String
        var request: @Sendable (_ business: String, _ page: String) -> any Message
    }

    static let refusals = [
        Refusal(testDescription: "another version", method: "GetDigests", field: "version") {
            business,
            _ in
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = business
                $0.version = 2
            }
        },
        Refusal(testDescription: "slots of every page", method: "GetDigests", field: "page_ids") {
            business,
            _ in
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = business
                $0.withSlots = true
            }
        },
        Refusal(testDescription: "too many pages", method: "GetDigests", field: "page_ids") {
            business,
            page in
            Khach_V1_GetDigestsRequest.with {
                $0.businessID = business
                $0.pageIds = Array(repeating: page, count: 1_001)
            }
        },
        Refusal(testDescription: "no slot", method: "ListRevisions", field: "slots") {
            business,
            page in
            Khach_V1_ListRevisionsRequest.with {
                $0.businessID = business
                $0.pageID = page
            }
        },
        Refusal(testDescription: "a slot that is none", method: "ListRevisions", field: "slots") {
            business,
            page in
            Khach_V1_ListRevisionsRequest.with {
                $0.businessID = business
                $0.pageID = page
                $0.slots = [0, 256]
            }
        },
        Refusal(testDescription: "a token", method: "ListRevisions", field: "page_token") {
            business,
            page in
            Khach_V1_ListRevisionsRequest.with {
                $0.businessID = business
                $0.pageID = page
                $0.slots = [0]
                $0.pageToken = "ab"
            }
        },
        Refusal(testDescription: "no id", method: "BatchGetRecords", field: "ids") { business, _ in
            Khach_V1_BatchGetRecordsRequest.with { $0.businessID = business }
        },
        Refusal(testDescription: "too many ids", method: "BatchGetRecords", field: "ids") {
            business,
            page in
            Khach_V1_BatchGetRecordsRequest.with {
                $0.businessID = business
                $0.ids = Array(repeating: page, count: 1_001)
            }
        },
    ]

    @Test("what cannot be asked is refused by its field", arguments: refusals)
    func refused(_ refusal: Refusal) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let page = try await harness.page(business, "p1")
        let request = refusal.request(business.id, page.id)
        let payload = Payload(bytes: try request.serializedBytes() as [UInt8])
        do throws(Status) {
            _ = try await harness.call("\(Self.service)/\(refusal.method)", payload)
            Issue.record("a refusal expected")
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(error.message.hasPrefix("\(refusal.field): "), "\(error.message)")
        }
    }
}
