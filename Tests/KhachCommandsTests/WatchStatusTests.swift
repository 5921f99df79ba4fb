internal import Testing

@testable internal import KhachCommands

@Suite("The line of a watch")
struct WatchStatusTests {
    private static let live = WatchStatus(
        state: .live,
        seq: 42,
        headSeq: 42,
        asOf: "2026-06-30T16:59:59.999Z",
        verifiedAt: "2026-06-30T12:00:00.000Z",
        customersCount: 7
    )

    private static func with(_ change: (inout WatchStatus) -> Void) -> WatchStatus {
        var status = self.live
        change(&status)
        return status
    }

    static let lines: [(WatchStatus, text: String, json: String)] = [
        (
            live,
            """
            live  as of 2026-06-30T16:59:59.999Z  seq 42  0 behind  verified \
            2026-06-30T12:00:00.000Z  7 customers
            """,
            """
            {"state":"live","seq":"42","headSeq":"42","behind":"0",\
            "asOf":"2026-06-30T16:59:59.999Z","verifiedAt":"2026-06-30T12:00:00.000Z",\
            "customersCount":"7","pending":"0","notDone":"0"}
            """
        ),
        (
            WatchStatus(state: .behind, seq: 0, headSeq: 9),
            "behind  never synced  seq 0  9 behind  never verified  0 customers",
            """
            {"state":"behind","seq":"0","headSeq":"9","behind":"9","customersCount":"0",\
            "pending":"0","notDone":"0"}
            """
        ),
        (
            with {
                $0.state = .waiting
                $0.verifiedAt = ""
                $0.waitMilliseconds = 320
                $0.cause = "KHACH_E_NETWORK: no"
            },
            """
            waiting 320 ms: KHACH_E_NETWORK: no  as of 2026-06-30T16:59:59.999Z  seq 42  \
            0 behind  never verified  7 customers
            """,
            """
            {"state":"waiting","seq":"42","headSeq":"42","behind":"0",\
            "asOf":"2026-06-30T16:59:59.999Z","customersCount":"7","pending":"0","notDone":"0",\
            "waitMilliseconds":320,"cause":"KHACH_E_NETWORK: no"}
            """
        ),
        (
            with {
                $0.pendingCount = 3
                $0.notDoneCount = 1
                $0.cause = "remote: full"
            },
            """
            live  as of 2026-06-30T16:59:59.999Z  seq 42  0 behind  verified \
            2026-06-30T12:00:00.000Z  7 customers  pending 3  1 not done  remote: full
            """,
            """
            {"state":"live","seq":"42","headSeq":"42","behind":"0",\
            "asOf":"2026-06-30T16:59:59.999Z","verifiedAt":"2026-06-30T12:00:00.000Z",\
            "customersCount":"7","pending":"3","notDone":"1","cause":"remote: full"}
            """
        ),
    ]

    @Test("says as of when, how far behind, verified when", arguments: 0..<lines.count)
    func says(_ index: Int) {
        let line = Self.lines[index]
        #expect(line.0.text == line.text)
        #expect(line.0.json == line.json)
    }

    static let news: [(String, earlier: WatchStatus?, WatchStatus, isNews: Bool)] = [
        ("the first", nil, with { $0.state = .behind }, true),
        ("the same", live, live, false),
        ("a later as of", live, with { $0.asOf = "2026-06-30T17:00:09.999Z" }, false),
        ("something new in the cache", live, with { $0.seq = 43 }, true),
        ("a page of many", with { $0.state = .behind }, with { $0.state = .behind }, false),
        ("that something is to be pulled", live, with { $0.state = .behind }, false),
        ("that it is live", with { $0.state = .connecting }, live, true),
        ("a loss", live, with { $0.state = .waiting }, true),
        ("an edit that waits", live, with { $0.pendingCount = 1 }, true),
        (
            "one that waits while nothing else does",
            with { $0.state = .behind }, with { ($0.state, $0.pendingCount) = (.behind, 1) }, true
        ),
        ("an edit that was not done", live, with { $0.notDoneCount = 1 }, true),
        ("another try", with { $0.state = .waiting }, with { $0.state = .connecting }, true),
    ]

    @Test("a log has what is news", arguments: 0..<news.count)
    func isNews(_ index: Int) {
        let (name, earlier, status, isNews) = Self.news[index]
        #expect(status.isNews(after: earlier) == isNews, "\(name)")
    }
}
