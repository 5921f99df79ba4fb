internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Testing

@testable internal import KhachCommands

@Suite("Output for people")
struct OutputTests {
    static let widths: [(String, Int)] = [
        ("", 0), ("Lan", 3), ("Nguyễn", 6), ("Nguye\u{302}\u{303}n", 6), ("李小龙", 6), ("🌸", 2),
        ("❤️", 2), ("Bé❤️Thỏ", 7), ("ａ", 2), ("김민지", 6), ("a\u{200B}b", 2),
    ]

    @Test("marks take no column, wide characters two", arguments: widths)
    func width(_ text: String, _ expected: Int) {
        #expect(ShownText.width(text) == expected)
    }

    @Test("columns stand straight under Vietnamese, Chinese and emoji")
    func table() {
        var table = Table([.init("NAME", max: 8), .init("N", isTrailing: true)])
        let text = table.lines([
            ["Nguyễn", "1"], ["李小龙", "22"], ["Nguyễn Văn An", "3"], ["a\u{1B}[31m", "4"],
        ])
        #expect(
            text == """
                NAME       N
                Nguyễn     1
                李小龙    22
                Nguyễn …   3
                a [31m     4

                """
        )
        #expect(table.lines([["Lan", "5"]]) == "Lan        5\n")
    }

    @Test("M3 the command line shows for a nameless person what the server and C show")
    func placeholders() {
        for channel in Channel.allCases {
            let shown = Khach_V1_Channel(rawValue: Int(channel.rawValue)).map { ChannelName($0) }
            #expect(shown?.placeholder == channel.placeholderName)
        }
        #expect(ChannelName(.UNRECOGNIZED(77)).placeholder == "User")
    }

    static let bars: [(Double?, String)] = [
        (0, "x [········]   0 % 50 rows, 25/s"),
        (0.5, "x [████····]  50 % 50 rows, 25/s, 2 s left"),
        (0.999, "x [███████·]  99 % 50 rows, 25/s, 1 s left"),
        (1, "x [████████] 100 % 50 rows, 25/s"),
        (1.7, "x [████████] 100 % 50 rows, 25/s"),
        (-1, "x [········]   0 % 50 rows, 25/s"),
        (.nan, "x 50 rows, 25/s"),
        (nil, "x 50 rows, 25/s"),
    ]

    @Test("a bar never leaves 0 to 100 %, whatever an estimate says", arguments: bars)
    func bar(_ share: Double?, _ expected: String) {
        let bar = ProgressBar(label: "x", unit: "rows", barColumns: 8)
        #expect(bar.line(done: 50, share: share, seconds: 2) == expected)
    }

    @Test(
        "a line of progress is shorter than the terminal, and keeps its numbers",
        arguments: [79, 60]
    )
    func narrow(_ columns: Int) {
        let bar = ProgressBar(label: "recording", unit: "lines")
        let line = bar.line(done: 59_500, share: 0.99, seconds: 12_000, columns: columns)
        #expect(ShownText.width(line) <= columns)
        #expect(line.contains("99 % 59500 lines, 4/s, 2 min 2 s left"))
        #expect(ShownText.width(bar.line(done: 5, share: nil, seconds: 9, columns: 10)) <= 10)
    }

    @Test("no rate is told of the first moments")
    func early() {
        let bar = ProgressBar(label: "x", unit: "rows", barColumns: 4)
        #expect(bar.line(done: 50, share: 0.5, seconds: 0.49) == "x [██··]  50 % 50 rows")
        #expect(bar.line(done: 50, share: nil, seconds: 0.5) == "x 50 rows, 100/s")
    }

    static let terminals: [(Int, [String: String], Int)] = [
        (120, ["COLUMNS": "60"], 120), (0, ["COLUMNS": "60"], 60), (0, ["COLUMNS": "x"], 80),
        (0, [:], 80),
    ]

    @Test("the terminal knows its width, else COLUMNS, else it is 80", arguments: terminals)
    func terminal(_ terminal: Int, _ environment: [String: String], _ expected: Int) {
        #expect(Console.width(terminal: terminal, environment: environment) == expected)
    }

    static let documents: [(String, String)] = [
        ("{}", "{}"),
        (#"{"a":1}"#, "{\n  \"a\": 1\n}"),
        (#"{"a":[],"b":"x,{\"}"}"#, "{\n  \"a\": [],\n  \"b\": \"x,{\\\"}\"\n}"),
    ]

    @Test("indentation changes nothing inside a text", arguments: documents)
    func indent(_ json: String, _ expected: String) {
        #expect(JSONText.indented(json) == expected)
    }

    @Test("a day ends at local midnight, and an unknown zone is UTC")
    func times() {
        let zoned = LocalTime(zoneName: "Asia/Ho_Chi_Minh")
        #expect(zoned.text(.init(seconds: 1_748_710_799)) == "2025-05-31 23:59")
        #expect(zoned.text(.init(seconds: 1_748_710_800)) == "2025-06-01 00:00")
        #expect(LocalTime(zoneName: "Mars/Olympus").zoneName == "UTC")
    }
}
