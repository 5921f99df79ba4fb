internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("Golden conversations")
struct GoldenConversationTests {
    /// What the captured server did for each method, in terms of this one.
    static func answers(_ name: String) -> MethodTable {
        let service = "ttrpc.integration.streaming.Streaming"
        let frames = GoldenFrame.conversation(name).filter { !$0.isFromClient }
        var table = MethodTable()
        table.add(
            service,
            "Echo",
            .inPlace { _, _ throws(Status) in
                let response = try Response(decoding: frames[0].frame.body)
                if let status = response.status { throw status }
                return response.payload
            }
        )
        for method in ["DivideStream", "EmptyPayloadStream"] {
            table.add(service, method, .serverStreaming { _, _, _ in })
        }
        table.add(service, "SumStream", .clientStreaming { _, _ in Payload() })
        table.add(service, "EchoStream", .bidirectional { _, _, _ in })
        return table
    }

    @Test("unary calls are answered byte for byte", arguments: ["U1", "U2", "U3", "U4", "U5"])
    func unary(_ name: String) {
        var conversation = Conversation(table: Self.answers(name))
        let golden = GoldenFrame.conversation(name)
        for frame in golden where frame.isFromClient { conversation.receive(frame.frame) }
        let expected = golden.filter { !$0.isFromClient }.flatMap(\.bytes)
        #expect(!expected.isEmpty)
        #expect(conversation.takeSent() == expected)
    }

    @Test("a passed deadline is answered byte for byte")
    func deadline() {
        var table = MethodTable()
        table.add("ttrpc.integration.streaming.Streaming", "Echo", .unary { _, payload in payload })
        var conversation = Conversation(table: table)
        let golden = GoldenFrame.conversation("U6")
        conversation.receive(golden[0].frame)
        conversation.passDeadline(golden[0].sid)
        #expect(conversation.takeSent() == golden[1].bytes)
    }

    @Test("server streams are answered byte for byte", arguments: ["S4", "S5"])
    func streams(_ name: String) {
        var conversation = Conversation(table: Self.answers(name))
        let golden = GoldenFrame.conversation(name)
        conversation.receive(golden[0].frame)
        for frame in golden.dropFirst() where frame.flags == "0x00" {
            conversation.send(frame.sid, Payload(frame.frame.body))
        }
        conversation.end(golden[0].sid, .finishedStream)
        #expect(conversation.takeSent() == golden.dropFirst().flatMap(\.bytes))
    }
}
