internal import NIOCore
internal import NIOEmbedded
internal import Synchronization
internal import TTRPC
internal import TTRPCNIO
internal import Testing

@testable internal import KhachGRPC

/// A flood over gRPC costs a bounded number of refusals too (reliability.md §2.2, §4.5).
@Suite("Hush over gRPC")
struct HushTests {
    /// Counts how often the socket is read.
    private final class Shore: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        var readsCount = 0

        func read(context: ChannelHandlerContext) { self.readsCount += 1 }
    }

    /// What stands behind: may refuse each thing that it hears.
    private final class HTTP2: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        let connection: Connection
        var refuses = false
        var closes = false
        var heard: [String] = []
        var burstsCount = 0

        init(_ connection: Connection) {
            self.connection = connection
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.heard.append(String(buffer: self.unwrapInboundIn(data)))
            if self.refuses { self.connection.refused() }
            if self.closes { context.close(promise: nil) }
        }

        func channelReadComplete(context: ChannelHandlerContext) { self.burstsCount += 1 }
    }

    private final class Errors: Sendable {
        let list = Mutex<[ProtocolError]>([])
    }

    /// One connection on a loop whose time a test turns by hand.
    private final class Visit {
        let channel = EmbeddedChannel()
        let connection: Connection
        let shore = Shore()
        let http2: HTTP2
        let errors = Errors()

        init() throws {
            var limits = Limits()
            limits.refusalsMax = 5
            let errors = self.errors
            self.connection = Connection(1, self.channel, from: "192.0.2.1")
            self.http2 = HTTP2(self.connection)
            try self.channel.pipeline.syncOperations.addHandlers([
                self.shore,
                Hush(limits) { error in errors.list.withLock { $0.append(error) } },
                self.http2,
            ])
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            self.shore.readsCount = 0
        }

        func refuse(_ count: Int) {
            for _ in 0..<count { self.connection.refused() }
        }

        func receive(_ text: String) throws {
            try self.channel.writeInbound(ByteBuffer(string: text))
        }

        func pass(_ milliseconds: Int64) {
            self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(milliseconds))
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("behind n + 1 refusals nothing is read for 100 ms", arguments: [-1, 0, 1])
    func bound(_ difference: Int) throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.refuse(5 + difference)
        let isHushed = difference > 0
        #expect(visit.errors.list.withLock { $0 } == (isHushed ? [.tooManyRefusals] : []))
        visit.channel.read()
        visit.channel.read()
        #expect(visit.shore.readsCount == (isHushed ? 0 : 2))
        visit.pass(99)
        #expect(visit.shore.readsCount == (isHushed ? 0 : 2))
        visit.pass(1)
        #expect(visit.shore.readsCount == (isHushed ? 1 : 2))
        visit.channel.read()
        #expect(visit.shore.readsCount == (isHushed ? 2 : 3))
    }

    @Test("what the socket had read already comes afterwards, in its order and whole")
    func kept() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.refuse(6)
        try visit.receive("a")
        try visit.receive("b")
        #expect(visit.http2.heard == [])
        let burstsCount = visit.http2.burstsCount
        visit.pass(100)
        #expect(visit.http2.heard == ["a", "b"])
        #expect(visit.http2.burstsCount == burstsCount + 1)
        #expect(visit.shore.readsCount == 0, "nobody asked")
        try visit.receive("c")
        #expect(visit.http2.heard == ["a", "b", "c"])
    }

    @Test("what comes afterwards and is refused begins the next one, and the rest waits again")
    func again() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.refuse(6)
        visit.channel.read()
        for text in ["a", "b", "c"] { try visit.receive(text) }
        visit.http2.refuses = true
        visit.pass(100)
        #expect(visit.http2.heard == ["a"])
        #expect(visit.shore.readsCount == 0)
        visit.pass(100)
        #expect(visit.http2.heard == ["a", "b"])
        visit.http2.refuses = false
        visit.pass(100)
        #expect(visit.http2.heard == ["a", "b", "c"])
        #expect(visit.shore.readsCount == 1)
        #expect(visit.errors.list.withLock { $0.count } == 3)
    }

    @Test("refusals of more than a second ago are forgotten")
    func forgotten() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.refuse(5)
        visit.pass(1_000)
        visit.refuse(5)
        visit.channel.read()
        #expect(visit.shore.readsCount == 1)
        visit.refuse(1)
        visit.channel.read()
        #expect(visit.shore.readsCount == 1)
    }

    @Test("what was kept goes nowhere once the connection has closed, if it closes while it goes")
    func closedMeanwhile() throws {
        let visit = try Visit()
        visit.refuse(6)
        for text in ["a", "b"] { try visit.receive(text) }
        visit.http2.closes = true
        let burstsCount = visit.http2.burstsCount
        visit.pass(100)
        #expect(visit.http2.heard == ["a"])
        #expect(visit.http2.burstsCount == burstsCount)
        visit.finish()
    }

    @Test("a connection that ends while it is not read ends")
    func ended() throws {
        let visit = try Visit()
        visit.refuse(6)
        try visit.receive("a")
        visit.finish()
        visit.pass(100)
        #expect(visit.http2.heard == [])
        visit.connection.refused()
    }
}
