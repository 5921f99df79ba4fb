internal import NIOCore
internal import NIOEmbedded
internal import NIOHPACK
internal import NIOHTTP2
internal import Synchronization
internal import TTRPC
internal import TTRPCNIO
internal import TTRPCTestKit
internal import Testing

@testable internal import KhachGRPC

/// What comes in over gRPC is counted with what comes in over ttrpc.
@Suite("Messages that come in over gRPC")
struct ArrivingMessageTests {
    private final class Errors: Sendable {
        let list = Mutex<[ProtocolError]>([])
    }

    /// The stream of one call.
    private final class Stream {
        let channel: EmbeddedChannel
        let connection: Connection
        let errors = Errors()

        init(
            _ room: CountedRoom = CountedRoom(.max),
            _ path: String = "/khach.v1.CustomerService/GetCustomer",
            mustBeKnown: Bool = false
        ) throws {
            let errors = self.errors
            self.connection = Connection(
                1,
                EmbeddedChannel(),
                from: "192.0.2.1",
                room: room.room
            )
            self.channel = EmbeddedChannel(
                handler: ArrivingMessage(
                    of: self.connection,
                    limits: Limits(),
                    mustBeKnown: { mustBeKnown },
                    onProtocolError: { error in errors.list.withLock { $0.append(error) } }
                )
            )
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

        /// The headers and the reset that ended the call, if it was ended from here.
        func end() throws -> (trailers: HPACKHeaders?, code: HTTP2ErrorCode)? {
            var trailers: HPACKHeaders?
            while let frame = try self.channel.readOutbound(as: HTTP2Frame.FramePayload.self) {
                if case .headers(let head) = frame, head.endStream { trailers = head.headers }
                if case .rstStream(let code) = frame { return (trailers, code) }
            }
            return nil
        }

        func isReset() throws -> Bool {
            guard let end = try self.end() else { return false }

            return end.trailers == nil && end.code == .enhanceYourCalm
        }

        /// Whether the call was answered that there is too much of it.
        func isRefused() throws -> Bool {
            guard let end = try self.end() else { return false }

            return end.trailers?.first(name: "grpc-status") == "8" && end.code == .noError
        }

        func answer(_ headers: HPACKHeaders, isLast: Bool) throws {
            let head = HTTP2Frame.FramePayload.Headers(headers: headers, endStream: isLast)
            try self.channel.writeOutbound(HTTP2Frame.FramePayload.headers(head))
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

    @Test(
        "so many bytes may have come, and the call of one more is refused",
        arguments: [-1, 0, 1]
    )
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
        #expect(try second.isRefused() == isRefused)
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

    private static let bound = Limits.strangerBodyBytesMax

    @Test(
        "a message of nobody known has 64 KiB at most, by its length alone",
        arguments: [-1, 0, 1]
    )
    func stranger(_ difference: Int) throws {
        let message = Self.message(Self.bound + difference)
        let isRefused = difference > 0
        for path in ["/khach.v1.CustomerService/GetCustomer", "/grpc.reflection.v1.X/Y"] {
            let stream = try Stream(CountedRoom(.max), path, mustBeKnown: true)
            defer { stream.finish() }
            try stream.receive(message[..<5])
            #expect(try stream.isRefused() == isRefused, "before a byte of it has come")
            #expect(try stream.passed() == (isRefused ? 0 : 5))
            try stream.receive(message[5...], isLast: true)
            #expect(try stream.passed() == (isRefused ? 0 : message.count - 5))
            #expect(
                stream.errors.list.withLock { $0 }
                    == (isRefused ? [.refused(.resourceExhausted)] : [])
            )
        }
        for (mustBeKnown, isKnown) in [(false, false), (true, true)] {
            let stream = try Stream(mustBeKnown: mustBeKnown)
            defer { stream.finish() }
            if isKnown { _ = stream.connection.mark.called(by: 1) { {} } }
            try stream.receive(message, isLast: true)
            #expect(try stream.passed() == message.count)
        }
    }

    @Test("nor have several of one call, where there should be one", arguments: [-1, 0, 1])
    func strangersMessages(_ difference: Int) throws {
        let stream = try Stream(mustBeKnown: true)
        defer { stream.finish() }
        let half = Self.message(Self.bound / 2 - 5)
        let rest = Self.message(Self.bound / 2 + difference)
        #expect(half.count + rest.count == Self.bound + difference + 5)
        try stream.receive(half)
        try stream.receive(rest)
        #expect(try stream.isRefused() == (difference > 0))
        // Of a conversation there may be any.
        let talk = try Stream(
            CountedRoom(.max),
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            mustBeKnown: true
        )
        defer { talk.finish() }
        for _ in 0..<3 { try talk.receive(rest) }
        #expect(try talk.end() == nil)
    }

    /// How much of its answer a call has when it is refused.
    @Test("a refused call is told so, as far as it has no answer yet")
    func answers() throws {
        let long = Self.message(Self.bound + 1)[..<5]
        func refused(_ answer: (Stream) throws -> Void) throws -> HPACKHeaders? {
            let stream = try Stream(mustBeKnown: true)
            defer { stream.finish() }
            try answer(stream)
            try stream.receive(long)
            let end = try #require(try stream.end())
            return end.trailers
        }
        let alone = try #require(try refused { _ in })
        #expect(alone.first(name: ":status") == "200")
        #expect(alone.first(name: "content-type") == "application/grpc")
        #expect(alone.first(name: "grpc-status") == "8")
        #expect(
            alone.first(name: "grpc-message")
                == "message length 65537 exceed maximum message size of 65536 before a call by a "
                + "caller that is known"
        )
        let begun = try #require(
            try refused { try $0.answer([":status": "200"], isLast: false) }
        )
        #expect(begun.first(name: ":status") == nil && begun.first(name: "grpc-status") == "8")
        let stream = try Stream(mustBeKnown: true)
        defer { stream.finish() }
        try stream.answer(["grpc-status": "12"], isLast: true)
        _ = try stream.channel.readOutbound(as: HTTP2Frame.FramePayload.self)
        try stream.receive(long)
        #expect(try stream.isReset())
    }

    @Test("a status is told in headers whole, whatever is in it")
    func trailers() {
        let text = "100% của Nhà\n"
        let detail = Status.Detail(typeURL: "type.googleapis.com/x", value: [1])
        let status = Status(.resourceExhausted, text, details: [detail])
        let trailers = status.trailers(areAlone: false)
        #expect(trailers.first(name: "grpc-message") == "100%25 c%E1%BB%A7a Nh%C3%A0%0A")
        #expect(trailers.first(name: "grpc-status-details-bin")?.isEmpty == false)
    }
}
