internal import NIOCore
internal import NIOEmbedded
internal import TTRPC
internal import TTRPCTestKit
internal import Testing

@testable internal import TTRPCNIO

/// What comes in is counted as it comes, for all connections together (reliability.md §2, line 4).
@Suite("Room for requests")
struct RequestRoomTests {
    private final class Visit {
        let channel = EmbeddedChannel()

        init(_ room: CountedRoom, limits: Limits = Limits()) throws {
            let handler = ServerHandler(
                methods: table(),
                limits: limits,
                on: self.channel.eventLoop,
                room: room.room,
                onEnded: {}
            )
            try self.channel.pipeline.syncOperations.addHandler(handler)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func receive(_ bytes: some Sequence<UInt8>) throws {
            try self.channel.writeInbound(ByteBuffer(bytes: bytes))
            self.channel.embeddedEventLoop.run()
        }

        func replies() throws -> [String] {
            var bytes: [UInt8] = []
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
                bytes += Array(buffer.readableBytesView)
            }
            return summaries(bytes).map { String($0.prefix { $0 != "[" }) }
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    private static func request(_ stream: UInt32) -> [UInt8] {
        Frame.request(stream, "now", .init(repeating: 7, count: 20_000)).bytes
    }

    @Test(
        "so many bytes may have come of frames that are incomplete, and one more is skipped",
        arguments: [-1, 0, 1]
    )
    func bound(_ difference: Int) throws {
        let room = CountedRoom(10_000)
        let (first, second) = (try Visit(room), try Visit(room))
        defer {
            first.finish()
            second.finish()
        }
        let request = Self.request(1)
        try first.receive(request[..<5_000])
        try second.receive(request[..<(5_000 + difference)])
        let isRefused = difference > 0
        #expect(try second.replies() == (isRefused ? ["1 resourceExhausted"] : []))
        #expect(room.taken == (isRefused ? 5_000 : 10_000 + difference))
        // The rest of it is skipped, and its connection goes on.
        let rest = request[(5_000 + difference)...] + Frame.request(3, "now").bytes
        if isRefused {
            try second.receive(rest)
            #expect(try second.replies() == ["3 ok "])
        } else {
            try first.receive(request[5_000...])
            #expect(try first.replies() == ["1 ok "], "a whole frame waits for nothing")
            #expect(room.taken == 5_000 + difference)
            try second.receive(rest)
            #expect(try second.replies() == ["1 ok ", "3 ok "])
            #expect(room.taken == 0)
        }
    }

    @Test("bytes are counted as they come, from 4 KiB on", arguments: [4_095, 4_096, 4_097])
    func counted(_ count: Int) throws {
        let room = CountedRoom(.max)
        let visit = try Visit(room)
        defer { visit.finish() }
        let request = Self.request(1)
        // A length of 20,000 bytes alone takes none of them.
        try visit.receive(request[..<10])
        #expect(room.taken == 0)
        try visit.receive(request[10..<count])
        #expect(room.taken == (count < 4_096 ? 0 : count))
        try visit.receive(request[count..<5_000])
        #expect(room.taken == 5_000)
        try visit.receive(request[5_000...])
        #expect(room.taken == 0)
        #expect(try visit.replies() == ["1 ok "])
    }

    /// How a connection comes to its end in the middle of a frame.
    enum End: CaseIterable {
        case peerCloses
        case frameIsTooSlow
        case bytesAreWrong
        case serverCuts
    }

    @Test("a connection that ends in the middle of a frame gives back", arguments: End.allCases)
    func ended(_ end: End) throws {
        let room = CountedRoom(10_000)
        let visit = try Visit(room)
        defer { visit.finish() }
        try visit.receive(Self.request(1)[..<9_000])
        #expect(room.taken == 9_000)
        switch end {
        case .peerCloses: visit.channel.pipeline.fireChannelInactive()
        case .frameIsTooSlow: visit.channel.embeddedEventLoop.advanceTime(by: .seconds(31))
        case .bytesAreWrong: try visit.receive(Self.request(1)[9_000...] + [0x16])
        case .serverCuts: visit.channel.pipeline.fireUserInboundEventTriggered(ServerHandler.Cut())
        }
        #expect(room.taken == 0)
    }
}
