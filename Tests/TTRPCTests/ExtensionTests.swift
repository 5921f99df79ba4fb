internal import NIOCore
internal import TTRPC
internal import Testing

extension Frame {
    static func hello(_ features: Hello.Features = .spoken) -> Frame {
        Hello(Limits(), features: features, agent: "test").frame
    }

    static func cancel(_ stream: UInt32) -> Frame { Cancel(StreamID(stream), .cancelled).frame }

    static func ping(_ mark: UInt64) -> Frame { Ping(mark).frame }

    /// A frame of an extension that is not as it should be.
    static func wrong(_ kind: Kind, _ stream: UInt32 = .max, bytes: Int) -> Frame {
        let body = ByteBuffer(repeating: 0, count: bytes)
        return Frame(stream: StreamID(stream), kind: kind, body: body)
    }
}

@Suite("What is added to ttrpc, row by row of wire.md §2: a server")
struct ExtensionTests {
    /// What happens to a connection, in order.
    enum Event: Sendable {
        case frame(Frame)
        case drain
        /// Nothing came for the second that a leaving server waits.
        case silence
        case wait(milliseconds: UInt64)
        /// The handler of a call answers.
        case answer(UInt32)
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var events: [Event]
        var replies: [String]
        var cancelled: [UInt32] = []
        var isClosed = false
    }

    static let greetings: [Row] = [
        Row(
            testDescription: "HELLO is answered once, before what was asked behind it",
            events: [.frame(.hello()), .frame(.request(1, "now")), .frame(.hello())],
            replies: ["hello", "1 ok"]
        ),
        Row(
            testDescription: "HELLO may come late",
            events: [.frame(.request(1, "now")), .frame(.hello())],
            replies: ["1 ok", "hello"]
        ),
        Row(
            testDescription: "HELLO on another id is no HELLO",
            events: [.frame(.wrong(.hello, 1, bytes: 4)), .frame(.ping(7))],
            replies: []
        ),
        Row(
            testDescription: "HELLO above 1 KiB, malformed or without a version is none",
            events: [
                .frame(.wrong(.hello, bytes: Limits.helloBytesMax + 1)),
                .frame(.wrong(.hello, bytes: 3)),
                .frame(Frame(stream: .connection, kind: .hello)),
                .frame(.request(1, "now")),
            ],
            replies: ["1 ok"]
        ),
        Row(
            testDescription: "a peer without HELLO is sent no extension, whatever it sends",
            events: [
                .frame(.ping(7)), .frame(.ping(8)), .frame(.ping(9)), .frame(.ping(10)),
                .frame(.request(1, "late")), .frame(.cancel(1)), .drain, .silence,
            ],
            replies: ["1 cancelled"],
            cancelled: [1]
        ),
        Row(
            testDescription: "a feature that the peer does not name is not used",
            events: [
                .frame(.hello([])), .frame(.ping(7)), .drain, .silence,
                .frame(.request(1, "now")),
            ],
            replies: ["hello", "1 unavailable"]
        ),
    ]

    static let cancels: [Row] = [
        Row(
            testDescription: "CANCEL ends a call, once, whatever its handler says later",
            events: [
                .frame(.hello()), .frame(.request(1, "late")), .frame(.cancel(1)),
                .frame(.cancel(1)), .answer(1), .frame(.cancel(1)),
            ],
            replies: ["hello", "1 cancelled"],
            cancelled: [1]
        ),
        Row(
            testDescription: "CANCEL may come blind, before any HELLO",
            events: [.frame(.request(1, "many")), .frame(.cancel(1)), .frame(.request(3, "now"))],
            replies: ["1 cancelled", "3 ok"],
            cancelled: [1]
        ),
        Row(
            testDescription: "CANCEL that is late, early, malformed or on no call's id is ignored",
            events: [
                .frame(.request(1, "now")), .frame(.cancel(1)), .frame(.cancel(9)),
                .frame(.cancel(2)), .frame(.cancel(0)), .frame(.cancel(.max)),
                .frame(.request(3, "late")), .frame(.wrong(.cancel, 3, bytes: 3)), .answer(3),
                .frame(.request(9, "now")),
            ],
            replies: ["1 ok", "3 ok", "9 ok"]
        ),
        Row(
            testDescription: "200 CANCEL in 10 s are taken, one more closes",
            events: Array(repeating: .frame(.cancel(1)), count: 201),
            replies: [],
            isClosed: true
        ),
        Row(
            testDescription: "one more closes an extended peer with a word",
            events: [.frame(.hello()), .frame(.request(5, "now"))]
                + Array(repeating: .frame(.cancel(1)), count: 201),
            replies: ["hello", "5 ok", "goaway 11 up to 5"],
            isClosed: true
        ),
        Row(
            testDescription: "the budget slides: 200 more after 10 s",
            events: Array(repeating: .frame(.cancel(1)), count: 200)
                + [.wait(milliseconds: 10_000)]
                + Array(repeating: .frame(.cancel(1)), count: 200),
            replies: []
        ),
        Row(
            testDescription: "the budget slides: it is not there anew before 10 s",
            events: Array(repeating: .frame(.cancel(1)), count: 200)
                + [.wait(milliseconds: 9_999), .frame(.cancel(1))],
            replies: [],
            isClosed: true
        ),
    ]

    static let pings: [Row] = [
        Row(
            testDescription: "PING comes back ahead of what waits to be written",
            events: [.frame(.request(1, "now")), .frame(.hello()), .frame(.ping(7))],
            replies: ["pong 7", "1 ok", "hello"]
        ),
        Row(
            testDescription: "PING of another size or on another id is none",
            events: [
                .frame(.hello()), .frame(.wrong(.ping, bytes: 7)),
                .frame(.wrong(.ping, 1, bytes: 8)), .frame(.wrong(.ping, bytes: 9)),
            ],
            replies: ["hello"]
        ),
        Row(
            testDescription: "an answer that nobody asked for is ignored",
            events: [.frame(.hello()), .frame(Ping(7, isAnswer: true).frame)],
            replies: ["hello"]
        ),
        Row(
            testDescription: "two pings may come too soon, the third closes",
            events: [.frame(.hello())] + (1...4).map { .frame(.ping($0)) },
            replies: ["pong 3", "pong 2", "pong 1", "hello", "goaway 11 up to 0"],
            isClosed: true
        ),
        Row(
            testDescription: "pings that are far enough apart never close",
            events: [.frame(.hello())]
                + (1...5).flatMap { [.frame(.ping($0)), .wait(milliseconds: 10_000)] },
            replies: ["pong 5", "pong 4", "pong 3", "pong 2", "pong 1", "hello"]
        ),
        Row(
            testDescription: "pings beside requests cost nothing",
            events: [.frame(.hello())]
                + (1...5).flatMap {
                    [.frame(.ping($0)), .frame(.request(UInt32(2 * $0 + 1), "now"))]
                },
            replies: ["pong 5", "pong 4", "pong 3", "pong 2", "pong 1", "hello"]
                + ["3 ok", "5 ok", "7 ok", "9 ok", "11 ok"]
        ),
    ]

    static let goodbyes: [Row] = [
        Row(
            testDescription: "GOAWAY in two steps: what comes before the peer knows is begun",
            events: [
                .frame(.hello()), .frame(.request(1, "late")), .drain,
                .frame(.request(3, "now")),
                .frame(Ping(0x4C45_4156_494E_4721, isAnswer: true).frame),
                .frame(.request(5, "now")), .answer(1),
            ],
            replies: [
                "hello", "goaway 0 up to 2147483647", "ping", "3 ok", "goaway 0 up to 3",
                "5 unavailable", "1 ok",
            ]
        ),
        Row(
            testDescription: "GOAWAY: a peer that does not answer has a second",
            events: [
                .frame(.hello()), .drain, .frame(.request(1, "now")), .silence, .silence,
                .frame(.request(3, "now")),
            ],
            replies: [
                "hello", "goaway 0 up to 2147483647", "ping", "1 ok", "goaway 0 up to 1",
                "3 unavailable",
            ]
        ),
        Row(
            testDescription: "GOAWAY: the answer to another ping is not that answer",
            events: [
                .frame(.hello()), .drain, .frame(Ping(7, isAnswer: true).frame),
                .frame(.request(1, "now")),
            ],
            replies: ["hello", "goaway 0 up to 2147483647", "ping", "1 ok"]
        ),
        Row(
            testDescription: "GOAWAY: a peer that does not ping is not pinged",
            events: [.frame(.hello(.goAway)), .drain, .silence],
            replies: ["hello", "goaway 0 up to 2147483647", "goaway 0 up to 0"]
        ),
        Row(
            testDescription: "GOAWAY from a client is ignored",
            events: [
                .frame(.hello()), .frame(GoAway(StreamID(0), .noError).frame),
                .frame(.request(1, "now")),
            ],
            replies: ["hello", "1 ok"]
        ),
    ]

    @Test(arguments: greetings + cancels + pings + goodbyes)
    func row(_ row: Row) {
        var conversation = Conversation()
        for event in row.events where !conversation.isClosed {
            switch event {
            case .frame(let frame): conversation.receive(frame)
            case .drain: conversation.drain()
            case .silence: conversation.leave()
            case .wait(let milliseconds): conversation.wait(milliseconds: milliseconds)
            case .answer(let stream): conversation.end(stream, .answered(payloadBytes: 0))
            }
        }
        #expect(conversation.takeReplies() == row.replies)
        #expect(conversation.cancelled.map(\.number) == row.cancelled)
        #expect(conversation.isClosed == row.isClosed)
    }

    @Test("a cancelled call counts until its handler has ended")
    func cancelledCallHoldsItsSlot() {
        var limits = Limits()
        limits.runningCallsMax = 1
        var conversation = Conversation(limits: limits)
        conversation.receive(.request(1, "late"))
        conversation.receive(.cancel(1))
        conversation.receive(.request(3, "late"))
        conversation.end(1, .failed(Status(.cancelled, "noticed")))
        conversation.receive(.request(5, "late"))
        conversation.end(5, .answered(payloadBytes: 0))
        #expect(conversation.takeReplies() == ["1 cancelled", "3 resourceExhausted", "5 ok"])
    }

    @Test("an over-long frame of no call is answered as Go does, and uses no id up")
    func oversized() {
        var conversation = Conversation()
        conversation.receiveOversized(.connection)
        conversation.receive(.request(1, "now"))
        #expect(conversation.takeReplies() == ["4294967295 resourceExhausted", "1 ok"])
    }

    @Test("what a server says of itself")
    func hello() throws {
        var connection = ServerConnection()
        let action = connection.received(.hello(), now: MonotonicInstant(nanoseconds: 0))
        guard case .write(let frame) = action else {
            Issue.record("an answer expected")
            return
        }
        // The fields in order: version 1, features 22, 4 MiB, 100 calls, 10 s, "khach".
        #expect(
            Payload(frame.body).bytes
                == Array(hex: "0801" + "1016" + "2880808002" + "3064" + "38904e" + "42056b68616368")
        )
        let hello = try #require(Hello(frame))
        #expect(hello == Hello(Limits()))
    }
}
