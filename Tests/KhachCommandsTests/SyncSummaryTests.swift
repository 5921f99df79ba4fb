internal import Testing

@testable internal import KhachCommands

@Suite("Sync summaries")
struct SyncSummaryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var summary: SyncSummary
        var text: String
        var json: String
    }

    static let cases: [Case] = [
        Case(
            testDescription: "a first sync says how fast it was",
            summary: SyncSummary(
                changedCount: 9_990,
                goneCount: 10,
                bytesCount: 2_100_000,
                seconds: 0.25,
                customersCount: 9_990,
                seq: 42,
                asOf: "2026-06-30T16:59:59.999Z"
            ),
            text: """
                10000 customers synced in 0.25 s (40000/s): 9990 changed, 10 gone, 2100000 bytes; \
                9990 customers STAMP

                """,
            json: """
                {"changed":"9990","gone":"10","bytes":"2100000","pushed":"0","notDone":"0",\
                "seconds":0.25,\
                "rowsPerSecond":40000,"customersCount":"9990","seq":"42",\
                "asOf":"2026-06-30T16:59:59.999Z"}
                """
        ),
        Case(
            testDescription: "nothing new has no speed",
            summary: SyncSummary(bytesCount: 80, seconds: 12.0567, customersCount: 3, seq: 7),
            text: "0 customers synced in 12.05 s: 0 changed, 0 gone, 80 bytes; 3 customers STAMP\n",
            json: """
                {"changed":"0","gone":"0","bytes":"80","pushed":"0","notDone":"0",\
                "seconds":12.056,"rowsPerSecond":0,\
                "customersCount":"3","seq":"7"}
                """
        ),
        Case(
            testDescription: "a clock that stood still gives no speed either",
            summary: SyncSummary(changedCount: 1, seconds: 0, customersCount: 1, seq: 1),
            text: "1 customer synced in 0.00 s: 1 changed, 0 gone, 0 bytes; 1 customer STAMP\n",
            json: """
                {"changed":"1","gone":"0","bytes":"0","pushed":"0","notDone":"0",\
                "seconds":0.0,"rowsPerSecond":0,\
                "customersCount":"1","seq":"1"}
                """
        ),
    ]

    @Test("the same facts for people and for programs", arguments: cases)
    func show(_ example: Case) {
        #expect(example.summary.text(stamp: "STAMP") == example.text)
        #expect(example.summary.json == example.json)
    }
}
