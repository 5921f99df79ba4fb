internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("Calls whose caller streams, row by row of wire.md §1.4: a server")
struct StreamingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var frames: [Frame]
        var delivered: [String]
        var replies: [String] = []
    }

    static let end = Frame.data(1, flags: [.remoteClosed, .noData], [])

    static let rows: [Row] = [
        Row(
            testDescription: "as Go opens it: an empty request is no message",
            frames: [.request(1, "sum", flags: .remoteOpen, []), .data(1), end],
            delivered: ["1 message", "1 end"]
        ),
        Row(
            testDescription: "as Rust opens it: noData",
            frames: [.request(1, "chat", flags: [.remoteOpen, .noData], []), .data(1), end],
            delivered: ["1 message", "1 end"]
        ),
        Row(
            testDescription: "a request that is not empty is the first message",
            frames: [.request(1, "sum", flags: .remoteOpen, [7]), .data(1)],
            delivered: ["1 message", "1 message"]
        ),
        Row(
            testDescription: "without flags it waits for messages all the same",
            frames: [.request(1, "sum", []), .data(1), end],
            delivered: ["1 message", "1 end"]
        ),
        Row(
            testDescription:
                "a request that closes its side has one message; more is refused, once",
            frames: [
                .request(1, "sum", flags: .remoteClosed, [7]), .data(1), .data(1),
                .request(3, "now"),
            ],
            delivered: ["1 message"],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "a zero-length Data is an empty message",
            frames: [.request(1, "sum", flags: .remoteOpen, []), .data(1, flags: [], []), end],
            delivered: ["1 message", "1 end"]
        ),
        Row(
            testDescription: "the last message may say so itself",
            frames: [
                .request(1, "sum", flags: .remoteOpen, []), .data(1, flags: .remoteClosed),
            ],
            delivered: ["1 last"]
        ),
        Row(
            testDescription: "a zero-length last Data without noData is an empty message, as in Go",
            frames: [
                .request(1, "sum", flags: .remoteOpen, []), .data(1, flags: .remoteClosed, []),
            ],
            delivered: ["1 last"]
        ),
        Row(
            testDescription: "a frame of nothing is ignored",
            frames: [
                .request(1, "sum", flags: .remoteOpen, []), .data(1, flags: .noData, []), end,
            ],
            delivered: ["1 end"]
        ),
        Row(
            testDescription:
                "Data after remoteClosed is refused, once; the bare end twice is ignored",
            frames: [
                .request(1, "chat", flags: .remoteOpen, []), end, end, .data(1), .data(1),
                .request(3, "now"),
            ],
            delivered: ["1 end"],
            replies: ["1 invalidArgument", "3 ok"]
        ),
        Row(
            testDescription: "CANCEL ends it; what is sent later is ignored",
            frames: [
                .request(1, "chat", flags: .remoteOpen, []), .data(1), .cancel(1), .data(1), end,
            ],
            delivered: ["1 message"],
            replies: ["1 cancelled"]
        ),
    ]

    @Test(arguments: rows)
    func row(_ row: Row) {
        var conversation = Conversation()
        for frame in row.frames { conversation.receive(frame) }
        #expect(conversation.delivered == row.delivered)
        #expect(conversation.takeReplies() == row.replies)
    }

    @Test("a server may end first; what the caller sends after is told once")
    func earlyEnd() {
        var conversation = Conversation()
        conversation.receive(.request(1, "chat", flags: .remoteOpen, []))
        conversation.send(1, Payload(bytes: [5]))
        conversation.end(1, .finishedStream)
        conversation.receive(.data(1))
        conversation.receive(.data(1))
        #expect(conversation.takeReplies() == ["1 data", "1 end", "1 invalidArgument"])
    }

    @Test("messages left unread for too long end the call, and no other")
    func unread() {
        var conversation = Conversation()
        conversation.receive(.request(1, "sum", flags: .remoteOpen, []))
        conversation.receive(.request(3, "late"))
        conversation.leaveUnread(1)
        conversation.leaveUnread(1)
        conversation.receive(.data(1))
        conversation.end(1, .answered(payloadBytes: 0))
        conversation.end(3, .answered(payloadBytes: 0))
        #expect(conversation.takeReplies() == ["1 resourceExhausted", "3 ok"])
        #expect(conversation.cancelled == [StreamID(1)])
    }

    @Test(
        "golden: what stock peers send is delivered, what is answered is theirs byte for byte",
        arguments: ["S1", "S2", "S3", "R3", "R4"]
    )
    func golden(_ name: String) throws {
        let golden = GoldenFrame.conversation(name)
        var conversation = Conversation(table: GoldenConversationTests.answers(name))
        var expected: [UInt8] = []
        for frame in golden {
            if frame.isFromClient {
                conversation.receive(frame.frame)
                continue
            }

            switch (frame.type, frame.flags) {
            case ("DATA", "0x00"): conversation.send(frame.sid, Payload(frame.frame.body))
            case ("DATA", _): conversation.end(frame.sid, .finishedStream)
            default:
                let response = try Response(decoding: frame.frame.body)
                let outcome = response.status.map { ServerStream.Outcome.failed($0) }
                conversation.end(
                    frame.sid,
                    outcome ?? .answered(payloadBytes: response.payload.count),
                    payload: response.payload
                )
            }
            // Success is written as Go writes it, without Rust's empty status.
            if frame.body.hasPrefix("0a00") {
                expected += Array(hex: "00000006" + "000000110200" + "120408071003")
            } else {
                expected += frame.bytes
            }
        }
        let sent = golden.filter { $0.isFromClient && $0.type == "DATA" }
        #expect(!sent.isEmpty)
        #expect(conversation.delivered.count == sent.count)
        #expect(conversation.takeSent() == expected)
    }
}
