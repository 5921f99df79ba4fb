internal import Testing

@testable internal import KhachCommands

@Suite("Reading lines")
struct LineReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var lines: [String]
    }

    static let cases: [Case] = [
        Case(testDescription: "nothing has no lines", text: "", lines: []),
        Case(testDescription: "the last line may lack its end", text: "a\nb", lines: ["a", "b"]),
        Case(testDescription: "and may have it", text: "a\nb\n", lines: ["a", "b"]),
        Case(testDescription: "empty lines count", text: "\n\na", lines: ["", "", "a"]),
        Case(testDescription: "carriage returns go", text: "a\r\nb\r\n", lines: ["a", "b"]),
        Case(testDescription: "a byte order mark goes", text: "\u{FEFF}a\n", lines: ["a"]),
    ]

    @Test("the same lines whatever the pieces", arguments: cases, [3, 7, 1_000])
    func read(_ example: Case, _ pieceBytes: Int) throws {
        var rest = Array(example.text.utf8)[...]
        var reader = LineReader {
            defer { rest = rest.dropFirst(pieceBytes) }
            return Array(rest.prefix(pieceBytes))
        }
        var lines: [String] = []
        while let line = try reader.next() {
            #expect(line.number == lines.count + 1)
            lines.append(String(decoding: line.bytes ?? [], as: UTF8.self))
        }
        #expect(lines == example.lines)
        #expect(reader.bytesCount == UInt64(example.text.utf8.count))
    }

    @Test("one byte over the bound is refused, and the next line is whole", arguments: [0, 1])
    func overlong(_ excess: Int) throws {
        var pieces: [[UInt8]] = [
            Array(repeating: 0x61, count: LineReader.lineBytesMax + excess), Array("\nb\n".utf8),
        ]
        var reader = LineReader { pieces.isEmpty ? [] : pieces.removeFirst() }
        let first = try reader.next()
        #expect((first?.bytes == nil) == (excess == 1))
        #expect(try reader.next() == LineReader.Line(number: 2, bytes: Array("b".utf8)))
        #expect(try reader.next() == nil)
    }
}
