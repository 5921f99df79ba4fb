internal import NIOCore
internal import NIOEmbedded
internal import NIOHPACK
internal import NIOHTTP2
internal import TTRPC
internal import TTRPCTestKit
internal import Testing

@testable internal import KhachGRPC

/// What comes in over gRPC is counted with what comes in over ttrpc.
@Suite("Messages that come in over gRPC")
struct ArrivingMessageTests {
    /// The stream of one call.
    private final class Stream {
        let channel: EmbeddedChannel

        init(_ room: CountedRoom, _ path: String = "/khach.v1.CustomerService/GetCustomer") throws {
            self.channel = EmbeddedChannel(handler: ArrivingMessage(room.room, limits: Limits()))
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            let head = HTTP2Frame.FramePayload.Headers(headers: [":path": path])
            try self.channel.writeInbound(HTTP2Frame.FramePayload.headers(head))
            _ = try self.channel.readInbound(as: HTTP2Frame.FramePayload.self)
        }

        func receive(_ bytes: some Sequence<UInt8>, isLast: Bool = false) throws {
            let data = IOData.byteBuffer(ByteBuffer(bytes: bytes))
            let frame = HTTP2Frame.FramePayload.Data(data: data, endStream: isLast)
            try self.channel.writeInbound(HTTP2Frame.FramePayload.data(frame))
        }

        /// How much was handed on.
        func passed() throws -> Int {
            var count = 0
            while case .data(let frame)? = try self.channel.readInbound(
                as: HTTP2Frame.FramePayload.self
            ) {
                count += frame.data.readableBytes
            }
            return count
        }

        func isReset() throws -> Bool {
            guard
                case .rstStream(let code)? = try self.channel.readOutbound(
                    as: HTTP2Frame.FramePayload.self
                )
            else { return false }

            return code == .enhanceYourCalm
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    private static func message(_ count: Int) -> [UInt8] {
        let length = UInt32(count)
        return [0] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
            + [UInt8](repeating: 7, count: count)
    }

    @Test(
        "what has come of a message is counted until it is whole",
        arguments: [0, 1, 300, 70_000]
    )
    func meter(_ count: Int) {
        let bytes = Self.message(count)
        for piece in [1, 3, 5, 6, 4_096, 1 << 20] {
            var meter = MessageMeter()
            for round in 0..<2 {
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    let end = min(bytes.count, start + piece)
                    meter.take(ByteBuffer(bytes: bytes[start..<end]))
                    let expected = end == bytes.count ? 0 : end
                    #expect(meter.incompleteBytes == expected, "\(piece), \(round)")
                }
            }
        }
        var meter = MessageMeter()
        meter.take(ByteBuffer(bytes: bytes + bytes + [0, 0]))
        #expect(meter.incompleteBytes == 2)
    }

    @Test("so many bytes may have come, and the call of one more is reset", arguments: [-1, 0, 1])
    func bound(_ difference: Int) throws {
        let room = CountedRoom(10_000)
        let (first, second) = (try Stream(room), try Stream(room))
        defer {
            first.finish()
            second.finish()
        }
        let message = Self.message(20_000)
        try first.receive(message[..<5_000])
        try second.receive(message[..<(5_000 + difference)])
        let isRefused = difference > 0
        #expect(try second.isReset() == isRefused)
        #expect(room.taken == (isRefused ? 5_000 : 10_000 + difference))
        #expect(try second.passed() == (isRefused ? 0 : 5_000 + difference))
        if isRefused {
            try second.receive(message[5_001...])
            #expect(try second.passed() == 0, "what still comes is dropped")
        }
        try first.receive(message[5_000...], isLast: true)
        #expect(try first.passed() == message.count)
        second.finish()
        #expect(room.taken == 0)
    }

    @Test("a call that ends in the middle of a message gives back")
    func ended() throws {
        let room = CountedRoom(10_000)
        let stream = try Stream(room)
        try stream.receive(Self.message(20_000)[..<9_000])
        #expect(room.taken == 9_000)
        stream.finish()
        #expect(room.taken == 0)
    }

    /// What has come of a call that is not ended, and what is counted of it.
    @Test(
        "a caller has 30 s to end, whatever has come, and what came is counted until then",
        arguments: [(0, 0), (1, 0), (5_000, 5_000), (6_005, 6_005), (9_000, 9_000)]
    )
    func unended(_ count: Int, _ counted: Int) throws {
        let room = CountedRoom(10_000)
        let stream = try Stream(room)
        defer { stream.finish() }
        // A whole message, and the beginning of one that should not be there.
        let bytes = Self.message(6_000) + Self.message(6_000)
        if count > 0 { try stream.receive(bytes[..<count]) }
        #expect(room.taken == counted)
        stream.channel.embeddedEventLoop.advanceTime(by: .milliseconds(29_999))
        #expect(try !stream.isReset())
        stream.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(try stream.isReset())
        #expect(room.taken == 0)
    }

    @Test("of a conversation each message has 30 s, and between two it has any")
    func time() throws {
        let room = CountedRoom(10_000)
        let stream = try Stream(
            room,
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
        )
        defer { stream.finish() }
        let message = Self.message(6_000)
        let loop = stream.channel.embeddedEventLoop
        try stream.receive(message[..<5_000])
        loop.advanceTime(by: .seconds(29))
        try stream.receive(message[5_000...])
        loop.advanceTime(by: .seconds(100))
        #expect(try !stream.isReset())
        try stream.receive(message[..<5_000])
        loop.advanceTime(by: .seconds(29))
        try stream.receive(message[5_000..<5_001])
        #expect(try !stream.isReset())
        loop.advanceTime(by: .seconds(1))
        #expect(try stream.isReset())
        #expect(room.taken == 0)
    }
}
