internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@Suite("Exports that are refused")
struct ExportRefusalTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Status.Code = .invalidArgument
        var field: String?
        var change: @Sendable (inout Khach_V1_ExportCustomersRequest) -> Void
    }

    static let refused: [Refused] = [
        Refused(testDescription: "no business", field: "filter.business_id") {
            $0.filter.businessID = ""
        },
        Refused(
            testDescription: "a business that is not there",
            code: .notFound,
            field: nil
        ) { $0.filter.businessID = "b0000000000001" },
        Refused(testDescription: "a page that is not there", code: .notFound, field: nil) {
            $0.filter.pageIds = ["p0000000000001"]
        },
        Refused(testDescription: "relevance to nothing", field: "order") { $0.order = .relevance },
        Refused(testDescription: "1,001 pages", field: "filter.page_ids") {
            $0.filter.pageIds = Array(repeating: "p0000000000001", count: 1_001)
        },
        Refused(testDescription: "a format of a later version", field: "format") {
            $0.format = .UNRECOGNIZED(9)
        },
        Refused(testDescription: "a language of a later version", field: "language") {
            $0.language = .UNRECOGNIZED(9)
        },
        Refused(testDescription: "a column that is none", field: "columns") {
            $0.columns = ["no", "phone_number"]
        },
        Refused(testDescription: "a column twice", field: "columns") { $0.columns = ["no", "no"] },
        Refused(testDescription: "33 columns", field: "columns") {
            $0.columns = Array(repeating: "no", count: 33)
        },
        Refused(testDescription: "a separator that is none", field: "separator") {
            $0.separator = "|"
        },
        Refused(testDescription: "nobody", field: "mutation.actor") { $0.mutation.actor = "" },
        Refused(testDescription: "a long name", field: "mutation.actor") {
            $0.mutation.actor = String(repeating: "x", count: 201)
        },
        Refused(testDescription: "a long request id", field: "mutation.request_id") {
            $0.mutation.requestID = String(repeating: "x", count: 65)
        },
        Refused(testDescription: "an id that is none", field: "ids[1]") {
            $0.ids = ["c0000000000001", "x"]
        },
        Refused(testDescription: "an id that is nobody's", field: "ids[0]") {
            $0.ids = ["c0000000000001"]
        },
        Refused(testDescription: "10,001 ids", field: "ids") {
            $0.ids = Array(repeating: "c0000000000001", count: 10_001)
        },
        Refused(testDescription: "ids and a filter", field: "filter") {
            $0.ids = ["c0000000000001"]
            $0.filter.createdFrom = "2026-01-01"
        },
        Refused(testDescription: "ids and a page", field: "one_page") {
            $0.ids = ["c0000000000001"]
            $0.onePage = true
        },
        Refused(testDescription: "a page token alone", field: "page_token") {
            $0.pageToken = "00"
        },
        Refused(testDescription: "a made-up page token", field: "page_token") {
            $0.onePage = true
            $0.pageToken = "00"
        },
        Refused(testDescription: "a page size alone", field: "page_size") { $0.pageSize = 5 },
        Refused(testDescription: "1,001 rows", field: "page_size") {
            $0.onePage = true
            $0.pageSize = 1_001
        },
        Refused(testDescription: "a made-up resume token", field: "resume_token") {
            $0.resumeToken.append(contentsOf: Array(repeating: 7, count: 48))
        },
    ]

    @Test("an export is refused with the field that is wrong", arguments: refused)
    func refuses(_ example: Refused) async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let request = harness.request(business, .csv, example.change)
        let status = await harness.exportRefusal(request)
        #expect(status.code == example.code)
        #expect(status.field == example.field)
        #expect(status.message.contains("expected"))
        #expect(harness.exports.count == 0)
    }

    @Test("an unknown column is told the columns that there are")
    func knownColumns() async throws {
        let harness = ServiceHarness()
        let business = try await harness.business()
        let status = await harness.exportRefusal(
            harness.request(business) { $0.columns = ["tên"] }
        )
        #expect(status.message.contains("\"tên\""))
        for key in ["no", "customer_id", "name_status", "first_recorded_at"] {
            #expect(status.message.contains(key), "\(key)")
        }
    }
}
