internal import NIOCore
internal import NIOEmbedded
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// Who asks for much at once does not keep the others of a thread waiting behind all of it.
@Suite("Turns")
struct TurnTests {
    /// One of the connections of a thread.
    private final class Caller {
        let channel: EmbeddedChannel
        private var nextStream: UInt32 = 1

        init(on loop: EmbeddedEventLoop) throws {
            self.channel = EmbeddedChannel(loop: loop)
            let handler = ServerHandler(
                methods: table([
                    "in place": .inPlace { (_, payload) in payload },
                    "task": .unary { (_, payload) async throws(Status) in payload },
                ]),
                limits: Limits(),
                on: loop,
                onEnded: {}
            )
            try self.channel.pipeline.syncOperations.addHandler(handler)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        /// Calls a method so often, in so many reads of one burst.
        func call(_ method: String, _ count: Int, reads: Int = 1) throws {
            for read in 0..<reads {
                var bytes: [UInt8] = []
                for _ in count * read / reads..<count * (read + 1) / reads {
                    bytes += Frame.request(self.nextStream, method).bytes
                    self.nextStream += 2
                }
                self.channel.pipeline.fireChannelRead(ByteBuffer(bytes: bytes))
            }
            self.channel.pipeline.fireChannelReadComplete()
        }

        /// The streams that were answered since.
        func answered() throws -> [UInt32] {
            var bytes: [UInt8] = []
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
                bytes += Array(buffer.readableBytesView)
            }
            return summaries(bytes).compactMap { UInt32($0.prefix { $0 != " " }) }
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    @Test(
        "of one burst so many calls become tasks, and the rest after the others' turn",
        arguments: [
            ("task", 7, 1, 7), ("task", 8, 1, 8), ("task", 9, 1, 8), ("task", 30, 1, 8),
            ("task", 30, 5, 8), ("in place", 30, 1, 30),
        ]
    )
    func turns(_ method: String, _ count: Int, _ reads: Int, _ atOnce: Int) throws {
        let loop = EmbeddedEventLoop()
        let (loud, quiet) = (try Caller(on: loop), try Caller(on: loop))
        defer {
            loud.finish()
            quiet.finish()
        }

        try loud.call(method, count, reads: reads)
        try quiet.call("task", 1)
        #expect(try quiet.answered() == [1])
        let first = try loud.answered()
        #expect(first.count == atOnce)
        loop.run()
        let all = first + (try loud.answered())
        #expect(all == (0..<count).map { UInt32(2 * $0 + 1) })
    }

    @Test("a caller who has closed its side is answered before the connection closes")
    func halfClosed() throws {
        let loop = EmbeddedEventLoop()
        let caller = try Caller(on: loop)
        defer { caller.finish() }

        try caller.call("task", 30)
        caller.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(caller.channel.isActive)
        loop.run()
        #expect(try caller.answered().count == 30)
        #expect(!caller.channel.isActive)
    }
}
