internal import Testing

@testable internal import TTRPC

/// What a caller says of its call for logs and traces, as far as it is taken.
@Suite("Names and traces of calls")
struct CallNameTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    struct Header: Sendable {
        var text: String
        /// `nil`: not taken.
        var isSampled: Bool?

        init(_ text: String, _ isSampled: Bool?) {
            self.text = text
            self.isSampled = isSampled
        }
    }

    /// Those of W3C Trace Context, and of its test suite.
    static let headers: [Header] = [
        Header("00-\(trace)-\(span)-01", true),
        Header("00-\(trace)-\(span)-00", false),
        // Only one bit of the flags is known.
        Header("00-\(trace)-\(span)-ff", true),
        Header("00-\(trace)-\(span)-02", false),
        // A later version may say more, behind a dash.
        Header("cc-\(trace)-\(span)-01", true),
        Header("cc-\(trace)-\(span)-01-what-the-future-will-be-like", true),
        Header("cc-\(trace)-\(span)-01.what-the-future-will-be-like", nil),
        Header("cc-\(trace)-\(span)-010", nil),
        Header("cc-\(trace)-\(span)-01-", true),
        Header("01-\(trace)-\(span)-01-\(String(repeating: "x", count: 9_000))", true),
        Header("00-\(trace)-\(span)-01-", nil),
        Header("00-\(trace)-\(span)-01-what-the-future-will-be-like", nil),
        Header("ff-\(trace)-\(span)-01", nil),
        Header("00-\(String(repeating: "0", count: 32))-\(span)-01", nil),
        Header("00-\(trace)-\(String(repeating: "0", count: 16))-01", nil),
        Header("00-\(trace.uppercased())-\(span)-01", nil),
        Header("00-\(trace)-\(span.uppercased())-01", nil),
        Header("0A-\(trace)-\(span)-01", nil),
        Header("00-\(trace)-\(span)-0A", nil),
        Header("00-\(trace)-\(span)-0x", nil),
        Header("..-\(trace)-\(span)-01", nil),
        Header("00-\(trace.dropLast())-\(span)-01", nil),
        Header("00-\(trace)0-\(span)-01", nil),
        Header("00-\(trace.dropLast())g-\(span)-01", nil),
        Header("00-\(trace)-\(span.dropLast())-01", nil),
        Header("00-\(trace)-\(span)0-01", nil),
        Header("00-\(trace)-\(span.dropLast()).-01", nil),
        Header("00-\(trace)-\(span)-1", nil),
        Header("0-\(trace)-\(span)-01", nil),
        Header("000-\(trace)-\(span)-01", nil),
        Header("00_\(trace)_\(span)_01", nil),
        Header("00-\(trace)-\(span)", nil),
        Header(" 00-\(trace)-\(span)-01", nil),
        Header("00-\(trace)-\(span)-01 ", nil),
        Header("00-\(trace)-\(span)-01\n", nil),
        Header("00-\(trace)-\(span)-01\u{0}", nil),
        Header("00-\(trace.dropLast())\n-\(span)-01", nil),
        Header("00-\(trace.dropLast(2))é-\(span)-01", nil),
        Header("00-\(trace.dropLast(3))\u{FF11}-\(span)-01", nil),
        Header("", nil),
        Header("-", nil),
        Header(String(repeating: "-", count: 55), nil),
        Header(String(repeating: "0", count: 8_192), nil),
    ]

    @Test("a traceparent is read by the rules of W3C Trace Context", arguments: headers)
    func traceParent(_ header: Header) throws {
        let parsed = TraceParent(header.text)
        #expect(parsed?.isSampled == header.isSampled, "\(header.text)")
        guard let parsed else { return }

        #expect(parsed.traceID == Self.trace)
        #expect(parsed.spanID == Self.span)
    }

    @Test("a traceparent that is cut anywhere is none")
    func cut() {
        let text = "00-\(Self.trace)-\(Self.span)-01"
        #expect(TraceParent(text) != nil)
        for count in 0..<text.count { #expect(TraceParent(String(text.prefix(count))) == nil) }
    }

    @Test(
        "a request id is taken when it is one bounded word",
        arguments: [
            ("a", true), ("8f14e45f-ceea-467f-9575-0de0a1b8f3c2", true),
            ("01HZX3V9.k_y:z/+=", true),
            (String(repeating: "x", count: 63), true), (String(repeating: "x", count: 64), true),
            (String(repeating: "x", count: 65), false),
            (String(repeating: "x", count: 8_000), false),
            ("", false), (" ", false), ("a b", false), ("a\n", false), ("a\u{0}", false),
            ("a\"", false), ("a\\", false), ("lan@shop.example", false), ("\u{1B}[2J", false),
            ("Lan's", false), ("Nguyễn", false), ("a\u{202E}b", false), ("level=error,x", false),
        ]
    )
    func requestID(_ text: String, _ isTaken: Bool) {
        let metadata = Metadata([.init(key: "X-Request-ID", value: text)])
        #expect(metadata.requestID == (isTaken ? text : nil))
    }

    @Test("what is said twice is not said")
    func twice() {
        let entry = Metadata.Entry(key: "x-request-id", value: "a")
        let header = Metadata.Entry(key: "traceparent", value: "00-\(Self.trace)-\(Self.span)-01")
        let upper = Metadata.Entry(key: "Traceparent", value: header.value)
        #expect(Metadata([entry, header]).requestID == "a")
        #expect(Metadata([entry, header]).traceParent?.traceID == Self.trace)
        #expect(Metadata([entry, entry]).requestID == nil)
        #expect(Metadata([header, upper]).traceParent == nil)
        #expect(Metadata().traceParent == nil)
    }

    @Test("a status is named once, and says its name over the wire")
    func named() throws {
        let status = Status(.notFound, "none")
        #expect(status.requestID == nil)
        let named = status.naming("ab-1-2").naming("other")
        #expect(named.requestID == "ab-1-2")
        #expect(named.details.count == 1)
        #expect(named.details[0].value == [0x0A, 6] + Array("ab-1-2".utf8))
        #expect(try Status(decoding: named.encoded()) == named)
        let broken = Status.Detail(typeURL: named.details[0].typeURL, value: [0x0A, 9, 1])
        #expect(Status(.notFound, "none", details: [broken]).requestID == nil)
    }
}
