internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("A client's view, row by row of wire.md §1.6")
struct ClientConnectionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var shape = ClientStream.Shape.unary
        var frames: [Frame]
        var expected: [String]
    }

    static func response(_ stream: UInt32, _ hex: String, flags: UInt8 = 0) -> Frame {
        Frame(
            stream: StreamID(stream),
            kind: .response,
            flags: Frame.Flags(rawValue: flags),
            body: ByteBuffer(bytes: Array(hex: hex))
        )
    }

    static let rows: [Row] = [
        Row(
            testDescription: "frames on unknown, even and zero ids are ignored",
            frames: [
                response(3, ""), response(2, ""), response(0, ""), .data(5), .other(7, 0xE0),
                response(1, "120107"),
            ],
            expected: ["complete"]
        ),
        Row(
            testDescription: "an unknown kind on a live id fails that call",
            frames: [.other(1, 0xE1), response(1, "")],
            expected: ["fail internal"]
        ),
        Row(
            testDescription: "Data on a live unary id fails that call",
            frames: [.data(1), response(1, "")],
            expected: ["fail internal"]
        ),
        Row(
            testDescription: "unknown flags and fields of a Response are fine",
            frames: [response(1, "f03e07120107", flags: 0xFF)],
            expected: ["complete"]
        ),
        Row(
            testDescription: "a code that is not canonical is unknown, not success",
            frames: [response(1, "0a020863")],
            expected: ["fail unknown"]
        ),
        Row(
            testDescription: "a status with a message beside it is an error",
            frames: [response(1, "0a020805120107")],
            expected: ["fail notFound"]
        ),
        Row(
            testDescription: "Rust's empty status is success",
            frames: [response(1, "0a00120107")],
            expected: ["complete"]
        ),
        Row(
            testDescription: "a second Response is ignored",
            frames: [response(1, ""), response(1, "0a020805")],
            expected: ["complete"]
        ),
        Row(
            testDescription: "a malformed Response fails that call",
            frames: [response(1, "0a7f")],
            expected: ["fail internal"]
        ),
        Row(
            testDescription: "a stream to its end, and nothing after it",
            shape: .serverStreaming,
            frames: [
                .data(1), .data(1, flags: [], []), .data(1, flags: [.remoteClosed, .noData], []),
                .data(1),
            ],
            expected: ["deliver", "deliver", "end"]
        ),
        Row(
            testDescription: "a stream whose last message says so",
            shape: .serverStreaming,
            frames: [.data(1, flags: .remoteClosed), response(1, "0a020805")],
            expected: ["deliverLast"]
        ),
        Row(
            testDescription: "Data in place of the one answer to a stream fails that call",
            shape: .clientStreaming,
            frames: [.data(1), response(1, "")],
            expected: ["fail internal"]
        ),
        Row(
            testDescription: "a stream that is answered once",
            shape: .clientStreaming,
            frames: [response(1, "120107")],
            expected: ["complete"]
        ),
        Row(
            testDescription: "a stream both ways, which the server ends first",
            shape: .bidirectional,
            frames: [.data(1), .data(1, flags: [.remoteClosed, .noData], []), .data(1)],
            expected: ["deliver", "end"]
        ),
        Row(
            testDescription: "a stream that fails after a message",
            shape: .serverStreaming,
            frames: [.data(1), response(1, "0a020805")],
            expected: ["deliver", "fail notFound"]
        ),
    ]

    @Test(arguments: rows)
    func row(_ row: Row) {
        var connection = ClientConnection()
        #expect(
            connection.open(row.shape, requestBytes: 10)
                == .write(StreamID(1), before: [Hello(Limits()).frame])
        )
        var told: [String] = []
        for frame in row.frames {
            if case .tell(_, let news) = connection.received(frame) { told.append(news.name) }
        }
        #expect(told == row.expected)
    }

    @Test("an over-long answer fails its call alone")
    func oversized() {
        var connection = ClientConnection()
        _ = connection.open(.unary, requestBytes: 1)
        _ = connection.open(.unary, requestBytes: 1)
        guard
            case .tell(StreamID(1), .fail(let status)) =
                connection.receivedOversized(StreamID(1), length: 5 << 20)
        else {
            Issue.record("the call fails")
            return
        }
        #expect(status.code == .resourceExhausted)
        #expect(connection.receivedOversized(StreamID(9), length: 5 << 20) == .ignore)
        #expect(connection.openCallsCount == 1)
    }

    @Test("a request above 4 MiB is refused here and uses no id")
    func oversizedRequest() {
        var connection = ClientConnection()
        guard case .fail(let status) = connection.open(.unary, requestBytes: (4 << 20) + 1) else {
            Issue.record("refused")
            return
        }
        #expect(status.code == .resourceExhausted)
        #expect(connection.open(.unary, requestBytes: 4 << 20).id == 1)
    }

    @Test("a connection that ends before its first call lost nothing: the call goes elsewhere")
    func closedUnused() {
        let status = Status(.unavailable, "the connection is closed")
        for calls in 0...1 {
            var connection = ClientConnection()
            for _ in 0..<calls { _ = connection.open(.unary, requestBytes: 1) }
            #expect(connection.closed(status).count == calls)
            let opened = connection.open(.unary, requestBytes: 1)
            #expect(opened == (calls == 0 ? .elsewhere : .fail(status)))
        }
    }

    @Test("the end of the connection fails what is open, in order, and what comes later")
    func closed() {
        var connection = ClientConnection()
        for _ in 0..<3 { _ = connection.open(.unary, requestBytes: 1) }
        _ = connection.received(Self.response(3, ""))
        let status = Status(.unavailable, "gone")
        #expect(connection.closed(status) == [StreamID(1), StreamID(5)])
        #expect(connection.closed(status) == [])
        #expect(connection.open(.unary, requestBytes: 1) == .fail(status))
    }

    @Test("ids end at 0x7FFFFFFF; then calls go elsewhere")
    func retires() {
        var connection = ClientConnection(firstStream: StreamID(0x7FFF_FFFD))
        #expect(connection.open(.unary, requestBytes: 1).id == 0x7FFF_FFFD)
        #expect(connection.open(.unary, requestBytes: 1).id == 0x7FFF_FFFF)
        #expect(connection.open(.unary, requestBytes: 1) == .elsewhere)
        let isRetired = connection.isRetired
        #expect(isRetired)
    }
}

extension ClientConnection.OnOpen {
    /// The id to write the request with.
    var id: UInt32? {
        if case .write(let stream, _) = self { stream.number } else { nil }
    }
}

extension ClientStream.OnFrame {
    /// As DESIGN.md writes it.
    var name: String {
        switch self {
        case .complete: "complete"
        case .deliver: "deliver"
        case .deliverLast: "deliverLast"
        case .end: "end"
        case .fail(let status): "fail \(status.code)"
        }
    }
}
