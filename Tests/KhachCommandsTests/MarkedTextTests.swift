internal import Testing

@testable internal import KhachCommands

@Suite("Marked texts")
struct MarkedTextTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var bytes: Range<Int>
        var columns = 40
        var expected: [String]
    }

    static let cases: [Case] = [
        Case(
            testDescription: "bytes after Vietnamese marks",
            text: "sđt 0912345678 ạ",
            bytes: 5..<15,
            expected: ["sđt 0912345678 ạ", "    ^^^^^^^^^^"]
        ),
        Case(
            testDescription: "wide characters take two columns",
            text: "李小龙 0912345678",
            bytes: 10..<20,
            expected: ["李小龙 0912345678", "       ^^^^^^^^^^"]
        ),
        Case(
            testDescription: "what could move the cursor is a space, and lines are one",
            text: "a\u{1B}[31m\r\n0912\u{202E}x",
            bytes: 8..<12,
            expected: ["a [31m  0912 x", "        ^^^^"]
        ),
        Case(
            testDescription: "marks over a letter that is decomposed stay with it",
            text: "e\u{302}\u{301}0912",
            bytes: 5..<9,
            expected: ["e\u{302}\u{301}0912", " ^^^^"]
        ),
        Case(
            testDescription: "half a character is the whole of it",
            text: "ạ1",
            bytes: 1..<2,
            expected: ["ạ1", "^"]
        ),
        Case(
            testDescription: "bytes behind the end are none",
            text: "abc",
            bytes: 2..<90,
            expected: ["abc", "  ^"]
        ),
        Case(
            testDescription: "all of it behind the end",
            text: "abc",
            bytes: 50..<90,
            expected: ["abc", "   "]
        ),
        Case(
            testDescription: "a long text is cut on both sides",
            text: "aaaaaaaaaabbbbbbbbbb0912cccccccccc",
            bytes: 20..<24,
            columns: 16,
            expected: ["…bbbbb0912ccccc…", "      ^^^^"]
        ),
        Case(
            testDescription: "a short side leaves its room to the other",
            text: "ab0912cccccccccccccccccccc",
            bytes: 2..<6,
            columns: 16,
            expected: ["ab0912ccccccccc…", "  ^^^^"]
        ),
        Case(
            testDescription: "what is marked is never cut",
            text: "aaaaa0912345678bbbbb",
            bytes: 5..<15,
            columns: 4,
            expected: ["0912345678", "^^^^^^^^^^"]
        ),
    ]

    @Test("point at exactly the bytes", arguments: cases)
    func lines(_ example: Case) {
        let marked = MarkedText(example.text, bytes: example.bytes)
        #expect(marked.lines(columns: example.columns) == example.expected)
    }

    @Test("fit in one line with brackets")
    func bracketed() {
        let marked = MarkedText("aaaaaaaaaa0912cccccccccc", bytes: 10..<14)
        #expect(marked.bracketed(columns: 60) == "aaaaaaaaaa[0912]cccccccccc")
        #expect(marked.bracketed(columns: 14) == "…aaa[0912]ccc…")
    }
}
