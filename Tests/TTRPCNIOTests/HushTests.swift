internal import NIOCore
internal import NIOEmbedded
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// A flood costs a bounded number of refusals (reliability.md §2.2, §4.5).
@Suite("Hush")
struct HushTests {
    /// One connection, on a loop whose time a test turns by hand.
    private final class Flood {
        let channel = EmbeddedChannel()
        let handler: ServerHandler
        private var nextStream: UInt32 = 1

        init(_ limits: Limits) throws {
            self.handler = ServerHandler(
                methods: table([
                    "taken": .inPlace { (_, payload) in payload },
                    "refused": .inPlace { (_, _) throws(Status) in
                        throw Status(.resourceExhausted, "fewer calls expected")
                    },
                ]),
                limits: limits,
                on: self.channel.eventLoop,
                onEnded: {}
            )
            try self.channel.pipeline.syncOperations.addHandler(self.handler)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        /// Calls a method so often in one burst, and says how many were answered.
        func call(_ method: String, _ count: Int) throws -> Int {
            var bytes: [UInt8] = []
            for _ in 0..<count {
                bytes += Frame.request(self.nextStream, method).bytes
                self.nextStream += 2
            }
            try self.channel.writeInbound(ByteBuffer(bytes: bytes))
            self.channel.embeddedEventLoop.run()
            return try self.answered()
        }

        func pass(_ milliseconds: Int) throws -> Int {
            self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(Int64(milliseconds)))
            return try self.answered()
        }

        private func answered() throws -> Int {
            var bytes: [UInt8] = []
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
                bytes += Array(buffer.readableBytesView)
            }
            return summaries(bytes).count
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    private static let limits: Limits = {
        var limits = Limits()
        limits.refusalsMax = 5
        return limits
    }()

    /// Calls in one burst: how many are answered at once, within 100 ms, and within 200.
    @Test(
        "behind n + 1 refusals nothing is read for its time, and then one call for each time",
        arguments: [
            ("taken", 50, [50, 0, 0]), ("refused", 4, [4, 0, 0]), ("refused", 5, [5, 0, 0]),
            ("refused", 6, [6, 0, 0]), ("refused", 7, [6, 1, 0]), ("refused", 50, [6, 1, 1]),
        ]
    )
    func bound(_ method: String, _ count: Int, _ answered: [Int]) throws {
        let flood = try Flood(Self.limits)
        defer { flood.finish() }

        #expect(try flood.call(method, count) == answered[0])
        #expect(try flood.pass(99) == 0)
        #expect(try flood.pass(1) == answered[1])
        #expect(try flood.pass(100) == answered[2])
    }

    @Test("after a pause it is read as before, and nothing that came meanwhile is lost")
    func pause() throws {
        let flood = try Flood(Self.limits)
        defer { flood.finish() }

        #expect(try flood.call("refused", 6) == 6)
        #expect(try flood.call("taken", 3) == 0)
        #expect(try flood.pass(100) == 3)
        #expect(try flood.pass(1_000) == 0)
        #expect(try flood.call("refused", 5) == 5)
        #expect(try flood.call("taken", 1) == 1)
    }

    @Test("a caller who has closed its side is answered before the connection closes")
    func halfClosed() throws {
        let flood = try Flood(Self.limits)
        defer { flood.finish() }

        #expect(try flood.call("refused", 8) == 6)
        flood.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(flood.channel.isActive)
        #expect(try flood.pass(100) == 1)
        #expect(try flood.pass(100) == 1)
        #expect(flood.channel.isActive)
        #expect(try flood.pass(100) == 0)
        #expect(!flood.channel.isActive)
    }
}
