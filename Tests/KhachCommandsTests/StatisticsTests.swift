internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Statistics in a terminal")
struct StatisticsTests {
    @Test("a chart draws shares to an eighth of a column, and nothing for nothing")
    func bars() {
        let chart = BarChart(
            bars: [
                .init(name: "a", value: 16), .init(name: "bc", value: 8),
                .init(name: "d", value: 0),
                .init(name: "e", value: 1), .init(name: "f", value: 15),
            ]
        )
        // Two columns for names, two for numbers, two spaces: eight are left.
        #expect(
            chart.text(columns: 14) == """
                a  ████████ 16
                bc ████ 8
                d  0
                e  ▌ 1
                f  ███████▌ 15

                """
        )
        for columns in [14, 40, 79] {
            let lines = chart.text(columns: columns).split(separator: "\n")
            #expect(lines.map { ShownText.width(String($0)) }.max() == columns)
        }
        var painted = chart
        painted.hasColors = true
        #expect(painted.text(columns: 14).contains("\u{1B}[36m████\u{1B}[0m 8"))
    }

    @Test("what is one in a million is still seen")
    func small() {
        let chart = BarChart(bars: [.init(name: "a", value: 1_000_000), .init(name: "b", value: 1)])
        #expect(chart.text(columns: 40).contains("b ▏ 1\n"))
    }

    @Test("NO_COLOR is respected, also where there is a terminal")
    func colors() {
        #expect(Console.allowsColors([:]))
        #expect(Console.allowsColors(["NO_COLOR": ""]))
        #expect(!Console.allowsColors(["NO_COLOR": "1"]))
        #expect(!Console.allowsColors(["TERM": "dumb"]))
    }

    private static let response = Khach_V1_GetStatisticsResponse.with {
        $0.rows = [
            .with {
                $0.day = "2026-06-01"
                $0.pageID = "p1"
                $0.channel = .facebook
                $0.measures.newCustomers = 3
                $0.measures.activeCustomers = 4
            },
            .with {
                $0.day = "2026-06-01"
                $0.pageID = "p2"
                $0.channel = .zaloOa
                $0.measures.newCustomers = 1
            },
        ]
        $0.totals = [
            .with {
                $0.pageID = "p1"
                $0.channel = .facebook
                $0.measures.newCustomers = 3
            },
            .with {
                $0.pageID = "p2"
                $0.channel = .zaloOa
                $0.measures.newCustomers = 1
            },
        ]
        $0.asOfSeq = 9
    }

    private static func server() -> FakeServer {
        FakeServer { (path, _) throws(Status) in
            path.hasSuffix("GetStatistics")
                ? FakeServer.encoded(Self.response)
                : FakeServer.encoded(
                    Khach_V1_ListPagesResponse.with {
                        $0.pages = [
                            .with {
                                $0.id = "p1"
                                $0.name = "Hoa tươi"
                            }
                        ]
                    }
                )
        }
    }

    @Test("a table has a row for each day, then the totals, and names of pages")
    func table() async throws {
        let server = Self.server()
        let arguments = ["stats", "--business", "b1", "--from", "2026-06-01", "--to", "2026-06-02"]
        #expect(await server.run(arguments + ["--by", "page"]) == 0)
        let lines = server.out.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines[0].hasPrefix("DAY         PAGE      CHANNEL   NEW  ACTIVE"))
        #expect(lines[1].hasPrefix("2026-06-01  Hoa tươi  facebook    3       4"))
        #expect(lines[2].hasPrefix("2026-06-01  p2        zalo_oa     1       0"))
        #expect(lines[3].hasPrefix("total       Hoa tươi  facebook    3"))
        #expect(lines[5] == "as of seq 9")
    }

    @Test("a chart has a bar for each day, also for one without anything")
    func chart() async throws {
        let server = Self.server()
        let arguments = ["stats", "--business", "b1", "--from", "2026-06-01", "--to", "2026-06-02"]
        #expect(await server.run(arguments + ["--chart"]) == 0)
        let lines = server.out.split(separator: "\n")
        #expect(lines[0] == "new customers, by local day")
        #expect(lines[1] == "2026-06-01 " + String(repeating: "█", count: 86) + " 4")
        #expect(lines[2] == "2026-06-02 0")
        #expect(lines[3] == "4 in all")
    }

    @Test("every condition of the command line is in the request")
    func conditions() async throws {
        let server = FakeServer { (_, _) throws(Status) in
            FakeServer.encoded(Khach_V1_ListCustomersResponse())
        }
        let arguments = [
            "customers", "search", "Lan", "--business", "b1", "--page", "p1", "--channel",
            "zalo_oa", "--created-from", "2026-06-01", "--created-to", "2026-06-02",
            "--messaged-from", "2026-06-03", "--messaged-to", "2026-06-04", "--messaged",
            "comments", "--has-phone", "yes", "--has-email", "no", "--blocked", "no",
            "--name-status", "real", "--order", "last-message", "--output", "jsonl",
        ]
        #expect(await server.run(arguments) == 0)
        let call = try #require(server.calls.first)
        let request = try Khach_V1_ListCustomersRequest(serializedBytes: call.request)
        let expected = Khach_V1_ListCustomersRequest.with {
            $0.filter.businessID = "b1"
            $0.filter.pageIds = ["p1"]
            $0.filter.channels = [.zaloOa]
            $0.filter.createdFrom = "2026-06-01"
            $0.filter.createdTo = "2026-06-02"
            $0.filter.messagedFrom = "2026-06-03"
            $0.filter.messagedTo = "2026-06-04"
            $0.filter.messagedKind = .comments
            $0.filter.hasPhone_p = .yes
            $0.filter.hasEmail_p = .no
            $0.filter.blocked = .no
            $0.filter.nameStatuses = [.real]
            $0.filter.nameQuery = "Lan"
            $0.order = .lastInboundDescending
            $0.pageSize = 200
        }
        #expect(request == expected)
    }
}
