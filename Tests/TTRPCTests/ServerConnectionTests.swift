internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("A server's answers, row by row of wire.md §1.6")
struct ServerConnectionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var frames: [Frame]
        var replies: [String]
    }

    static let malformed = Frame(
        stream: StreamID(1),
        kind: .request,
        body: ByteBuffer(bytes: [0x0A, 0x7F])
    )

    static let rows: [Row] = [
        Row(
            testDescription: "unknown service",
            frames: [.request(1, "now", service: "no.Such")],
            replies: ["1 unimplemented"]
        ),
        Row(
            testDescription: "unknown method",
            frames: [.request(1, "never")],
            replies: ["1 unimplemented"]
        ),
        Row(
            testDescription: "malformed Request, the connection lives",
            frames: [malformed, .request(3, "now")],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "malformed payload, by the handler's word",
            frames: [.request(1, "picky"), .request(3, "now")],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "even id and zero, any known kind, the connection lives",
            frames: [
                .request(2, "now"), .data(4), .request(0, "now"), .other(6, 2), .request(1, "now"),
            ],
            replies: [
                "2 invalidArgument", "4 invalidArgument", "0 invalidArgument", "6 invalidArgument",
                "1 ok",
            ]
        ),
        Row(
            testDescription: "id used again",
            frames: [.request(1, "now"), .request(1, "now"), .request(3, "now")],
            replies: ["1 ok", "1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "id lower than the last",
            frames: [.request(5, "now"), .request(3, "now"), .request(7, "now")],
            replies: ["5 ok", "3 invalidArgument", "7 ok"]
        ),
        Row(
            testDescription: "id of a running call used again ends that call",
            frames: [.request(1, "late"), .request(1, "now"), .request(1, "now")],
            replies: ["1 invalidArgument"]
        ),
        Row(
            testDescription: "gaps in ids are fine",
            frames: [.request(1, "now"), .request(13, "now")],
            replies: ["1 ok", "13 ok"]
        ),
        Row(
            testDescription: "Data on an id that is not open, once per id",
            frames: [.data(9), .data(9), .data(11), .request(1, "now"), .data(1), .data(1)],
            replies: ["9 invalidArgument", "11 invalidArgument", "1 ok", "1 invalidArgument"]
        ),
        Row(
            testDescription: "Data on a running unary call, once",
            frames: [.request(1, "late"), .data(1), .data(1), .request(3, "now")],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "Data on a stream whose caller closed its side, once",
            frames: [
                .request(1, "many", flags: .remoteClosed), .data(1), .data(1), .request(3, "now"),
            ],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "the bare end of the caller's side is no data",
            frames: [
                .request(1, "late", flags: .remoteOpen),
                .data(1, flags: [.remoteClosed, .noData], []),
            ],
            replies: []
        ),
        Row(
            testDescription: "unknown kinds are ignored on any id",
            frames: [
                .other(1, 4), .other(0xFFFF_FFFF, 0xEF), .other(2, 9), .other(0, 9),
                .request(1, "late"), .other(1, 0xE3), .request(3, "now"),
            ],
            replies: ["3 ok"]
        ),
        Row(
            testDescription: "a Response from a client is ignored",
            frames: [.other(1, 2), .request(1, "now")],
            replies: ["1 ok"]
        ),
        Row(
            testDescription: "unknown flags on a Request are ignored",
            frames: [.request(1, "now", flags: Frame.Flags(rawValue: 0xFA))],
            replies: ["1 ok"]
        ),
        Row(
            testDescription: "a unary method called as a stream works",
            frames: [.request(1, "now", flags: .remoteOpen)],
            replies: ["1 ok"]
        ),
        Row(
            testDescription: "an answer above 4 MiB is a status, the connection lives",
            frames: [.request(1, "huge"), .request(3, "now")],
            replies: ["1 resourceExhausted", "3 ok"]
        ),
        Row(
            testDescription: "a negative timeout has passed already",
            frames: [.request(1, "now", timeout: -1)],
            replies: ["1 deadlineExceeded"]
        ),
        Row(
            testDescription: "the last id, and one above it",
            frames: [
                .request(0x7FFF_FFFF, "now"), .request(0x8000_0001, "now"),
                .request(0x8000_0003, "now"),
            ],
            replies: ["2147483647 ok", "2147483649 unavailable", "2147483651 unavailable"]
        ),
    ]

    @Test("each frame has the reply that it is owed, or ends the connection", arguments: rows)
    func row(_ row: Row) {
        var conversation = Conversation()
        for frame in row.frames { conversation.receive(frame) }
        #expect(conversation.takeReplies() == row.replies)
    }

    @Test("an over-long frame is answered on its id, which is then used")
    func oversized() {
        var conversation = Conversation()
        conversation.receiveOversized(StreamID(1))
        conversation.receive(.request(1, "now"))
        conversation.receive(.request(3, "late"))
        conversation.receiveOversized(StreamID(3))
        conversation.end(3, .answered(payloadBytes: 0))
        conversation.receiveOversized(StreamID(2))
        #expect(
            conversation.takeReplies() == [
                "1 resourceExhausted", "1 invalidArgument", "3 resourceExhausted",
                "2 resourceExhausted",
            ]
        )
        #expect(conversation.cancelled == [StreamID(3)])
    }

    @Test("a hundred calls run at once, one more is refused, in-place ones do not count")
    func runningCalls() {
        var conversation = Conversation()
        for index in 0..<UInt32(100) { conversation.receive(.request(1 + 2 * index, "late")) }
        #expect(conversation.takeReplies() == [])
        conversation.receive(.request(201, "late"))
        conversation.receive(.request(203, "now"))
        conversation.end(1, .answered(payloadBytes: 0))
        conversation.receive(.request(205, "late"))
        #expect(conversation.takeReplies() == ["201 resourceExhausted", "203 ok", "1 ok"])
    }

    @Test("a deadline answers once; the handler that is late counts until it ends")
    func deadline() {
        var limits = Limits()
        limits.runningCallsMax = 1
        var conversation = Conversation(limits: limits)
        conversation.receive(.request(1, "late", timeout: 5))
        conversation.passDeadline(1)
        conversation.passDeadline(1)
        conversation.receive(.data(1))
        conversation.receive(.request(3, "late"))
        conversation.end(1, .answered(payloadBytes: 3))
        conversation.receive(.request(5, "late"))
        #expect(conversation.takeReplies() == ["1 deadlineExceeded", "3 resourceExhausted"])
        #expect(conversation.cancelled == [StreamID(1)])
    }

    @Test("a timeout counts from now and is shortened to the longest")
    func timeouts() {
        var connection = ServerConnection()
        let now = MonotonicInstant(nanoseconds: 50)
        let cases: [(Int64, UInt64?)] = [(0, nil), (7, 57), (.max, 50 + 86_400 * 1_000_000_000)]
        for (index, (timeout, expected)) in cases.enumerated() {
            let frame = Frame.request(UInt32(2 * index + 1), "now", timeout: timeout)
            guard case .call(let call) = connection.received(frame, now: now) else {
                Issue.record("a call expected")
                continue
            }
            #expect(call.deadline?.nanoseconds == expected)
        }
    }

    @Test("half-close: what was received is answered, then the connection closes")
    func halfClose() {
        var conversation = Conversation()
        conversation.receive(.request(1, "late"))
        conversation.peerClosed()
        #expect(conversation.onIdle == .stay)
        conversation.end(1, .answered(payloadBytes: 1), payload: Payload(bytes: [5]))
        #expect(conversation.takeReplies() == ["1 ok"])
        #expect(conversation.onIdle == .close)
    }

    @Test("half-close: requests that had come are answered, up to the last id")
    func halfCloseWithRequests() {
        var conversation = Conversation()
        conversation.peerClosed()
        conversation.receive(.request(1, "now"))
        conversation.receive(.request(3, "late"))
        conversation.receive(.request(0x8000_0001, "now"))
        #expect(conversation.onIdle == .stay)
        conversation.end(3, .answered(payloadBytes: 1), payload: Payload(bytes: [5]))
        #expect(conversation.takeReplies() == ["1 ok", "2147483649 unavailable", "3 ok"])
        #expect(conversation.onIdle == .close)
    }

    @Test("drain: running calls end, new ones are unavailable, then the connection closes")
    func drain() {
        var conversation = Conversation()
        conversation.receive(.request(1, "many"))
        conversation.drain()
        conversation.receive(.request(3, "now"))
        conversation.send(1, Payload(bytes: [5]))
        #expect(conversation.onIdle == .stay)
        conversation.end(1, .finishedStream)
        #expect(conversation.takeReplies() == ["3 unavailable", "1 data", "1 end"])
        #expect(conversation.onIdle == .closeAfterQuiet)
    }

    @Test("a stream that fails has a status in place of its end")
    func failedStream() {
        var conversation = Conversation()
        conversation.receive(.request(1, "many"))
        conversation.send(1, Payload())
        conversation.end(1, .failed(Status(.aborted, "changed")))
        conversation.send(1, Payload())
        #expect(conversation.takeReplies() == ["1 data", "1 aborted"])
    }

    @Test("a handler that throws ok, or a status too large, still sends what can be read")
    func oddStatuses() {
        var conversation = Conversation()
        conversation.receive(.request(1, "late"))
        conversation.end(1, .failed(Status(.ok, "fine")))
        conversation.receive(.request(3, "late"))
        let text = String(repeating: "x", count: 5 << 20)
        conversation.end(3, .failed(Status(.notFound, text)))
        #expect(conversation.takeReplies() == ["1 internal", "3 notFound"])
    }
}

@Suite("What a refusal says")
struct RefusalTests {
    static let names: [(name: String, repeated: String)] = [
        (String(repeating: "x", count: 127), String(repeating: "x", count: 127)),
        (String(repeating: "x", count: 128), String(repeating: "x", count: 128)),
        (String(repeating: "x", count: 129), String(repeating: "x", count: 128)),
        ("x" + String(repeating: "é", count: 64), "x" + String(repeating: "é", count: 63)),
    ]

    @Test("it repeats at most 128 bytes of a name", arguments: names)
    func repeats(_ example: (name: String, repeated: String)) {
        let service = MethodTable.sample.handler(example.name, "now")
        let method = MethodTable.sample.handler("test.Sample", example.name)
        #expect(throws: Status(.unimplemented, "service \(example.repeated)")) {
            try service.get()
        }
        #expect(throws: Status(.unimplemented, "method \(example.repeated)")) { try method.get() }
    }

    @Test("a status that would not fit a frame loses its text", arguments: [-1, 0, 1])
    func sendable(_ difference: Int) {
        let text = String(repeating: "x", count: Limits.frameBodyBytesMax - 64 + difference)
        let status = Status(.notFound, text).sendable
        #expect(status.message == (difference > 0 ? "" : text))
        #expect(Response(status: status).encoded().readableBytes <= Limits.frameBodyBytesMax)
    }
}
