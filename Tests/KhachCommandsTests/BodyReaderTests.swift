internal import KhachChannels
internal import Testing

@testable internal import KhachCommands

@Suite("Cutting a file into bodies")
struct BodyReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        /// The line on which each begins, and the body without its white space.
        var bodies: [String]
    }

    static let cases: [Case] = [
        Case(testDescription: "nothing", text: "", bodies: []),
        Case(testDescription: "each line is a body", text: "{}\n[1]\n", bodies: ["1 {}", "2 [1]"]),
        Case(
            testDescription: "a broken first line spoils no other",
            text: "{\"a\":[1\n{}\n",
            bodies: ["1 {\"a\":[1", "2 {}"]
        ),
        Case(
            testDescription: "a document over lines, after an empty one",
            text: "\n{\n \"a\": [\n  1\n ]\n}\n",
            bodies: ["2 {\"a\":[1]}"]
        ),
        Case(
            testDescription: "several documents over lines",
            text: "{\n}\n{\n\"b\":2\n} {\n}",
            bodies: ["1 {}", "3 {\"b\":2}", "5 {}"]
        ),
        Case(
            testDescription: "a list over lines has bodies for elements",
            text: "[\n {\n  \"a\": 1\n },\n {}, [7],\n 8 ,\"x\"\n]\n",
            bodies: ["2 {\"a\":1}", "5 {}", "5 [7]", "6 8", "6 \"x\""]
        ),
        Case(
            testDescription: "a list on one line is one body",
            text: "[{},{}]\n{}\n",
            bodies: ["1 [{},{}]", "2 {}"]
        ),
        Case(
            testDescription: "brackets in texts are none",
            text: "{\n\"a\":\"]}\\\"{\"\n}\n{}\n",
            bodies: ["1 {\"a\":\"]}\\\"{\"}", "4 {}"]
        ),
        Case(
            testDescription: "a text that does not end costs its document",
            text: "[\n{\"a\":\"b},\n\"c\":1},\n{}\n]",
            bodies: ["2 {\"a\":\"b},\"c\":1}", "4 {}"]
        ),
        Case(
            testDescription: "an end too many",
            text: "{\n}}\n{}\n",
            bodies: ["1 {}", "2 }", "3 {}"]
        ),
        Case(testDescription: "no end", text: "{\n\"a\":{\n}", bodies: ["1 {\"a\":{}"]),
    ]

    static func bodies(_ text: [UInt8], pieceBytes: Int) throws -> [LineReader.Line] {
        var rest = text[...]
        var reader = BodyReader {
            defer { rest = rest.dropFirst(pieceBytes) }
            return Array(rest.prefix(pieceBytes))
        }
        var bodies: [LineReader.Line] = []
        while let body = try reader.next() {
            if !body.isBlank { bodies.append(body) }
        }
        return bodies
    }

    @Test("the same bodies whatever the pieces", arguments: cases, [1, 5, 1_000])
    func read(_ example: Case, _ pieceBytes: Int) throws {
        let bodies = try Self.bodies(Array(example.text.utf8), pieceBytes: pieceBytes)
        let shown = bodies.map { body in
            let bytes = (body.bytes ?? []).filter { !" \n\t".utf8.contains($0) }
            return "\(body.number) \(String(decoding: bytes, as: UTF8.self))"
        }
        #expect(shown == example.bodies)
    }

    @Test("a body over the bound is refused where it begins, and the next is whole")
    func overlong() throws {
        let line = "\"" + String(repeating: "x", count: 1_000) + "\",\n"
        let long = "[\n" + String(repeating: line, count: 1_100) + "1\n]"
        let bodies = try Self.bodies(Array("[\n{},\n\(long),\n{}\n]".utf8), pieceBytes: 1 << 16)
        #expect(bodies.map(\.number) == [2, 3, 1_106])
        #expect(bodies.map { $0.bytes == nil } == [false, true, false])
    }

    @Test("a line and a body have the same bound")
    func bound() {
        #expect(WebhookLimits.bodyBytesMax == LineReader.lineBytesMax)
    }
}
