internal import NIOCore
internal import NIOEmbedded
internal import Synchronization
internal import TTRPC
internal import TTRPCNIO
internal import Testing

@testable internal import KhachGRPC

/// What a connection over gRPC may cost that nobody uses (reliability.md §4.5).
@Suite("Connections over gRPC")
struct ConnectionWatchTests {
    /// Holds what is written, as a socket whose peer takes none, and tells what was said to HTTP/2.
    private final class Shore: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        var isHolding = false

        func flush(context: ChannelHandlerContext) {
            if !self.isHolding { context.flush() }
        }
    }

    private final class HTTP2: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var isTold = false

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ChannelShouldQuiesceEvent { self.isTold = true }
        }
    }

    private final class Errors: Sendable {
        let list = Mutex<[ProtocolError]>([])
    }

    /// One connection on a loop whose time a test turns by hand.
    private final class Visit {
        let channel = EmbeddedChannel()
        let connection: Connection
        let shore = Shore()
        let http2 = HTTP2()
        let errors = Errors()

        init(mustBeKnown: Bool = true) throws {
            let errors = self.errors
            self.connection = Connection(1, self.channel, from: "192.0.2.1")
            try self.channel.pipeline.syncOperations.addHandlers([
                self.shore,
                ConnectionWatch(
                    self.connection,
                    limits: Limits(),
                    silence: .seconds(81),
                    mustBeKnown: { mustBeKnown },
                    onProtocolError: { error in errors.list.withLock { $0.append(error) } }
                ),
                self.http2,
            ])
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        var isOpen: Bool { self.channel.isActive }

        func pass(_ time: TimeAmount) { self.channel.embeddedEventLoop.advanceTime(by: time) }

        func receive() throws {
            try self.channel.writeInbound(ByteBuffer(string: "x"))
        }

        func setWritable(_ isWritable: Bool) {
            self.channel.isWritable = isWritable
            self.channel.pipeline.fireChannelWritabilityChanged()
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    @Test("one by which nobody known calls is told to leave at its time, and closed at twice that")
    func stranger() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.pass(.milliseconds(9_999))
        #expect(!visit.http2.isTold)
        visit.pass(.milliseconds(1))
        #expect(visit.http2.isTold && visit.isOpen)
        #expect(visit.errors.list.withLock { $0 } == [.noCaller])
        try visit.receive()
        visit.pass(.milliseconds(9_999))
        #expect(visit.isOpen)
        visit.pass(.milliseconds(1))
        #expect(!visit.isOpen, "whatever it says")
    }

    @Test("one by which somebody known has called stays, and so does every one of an open server")
    func known() throws {
        for mustBeKnown in [true, false] {
            let visit = try Visit(mustBeKnown: mustBeKnown)
            defer { visit.finish() }
            if mustBeKnown { _ = visit.connection.mark.called(by: 1) { {} } }
            visit.pass(.seconds(60))
            #expect(visit.isOpen && !visit.http2.isTold, "\(mustBeKnown)")
        }
    }

    @Test("a call that runs keeps its connection, and its end does not")
    func running() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.connection.callBegan()
        visit.pass(.seconds(25))
        #expect(!visit.http2.isTold)
        visit.connection.callEnded()
        visit.pass(.seconds(10))
        #expect(visit.http2.isTold)
    }

    @Test("a call that was under way when its connection was told to leave is not cut")
    func underWay() throws {
        let visit = try Visit()
        defer { visit.finish() }
        visit.pass(.seconds(10))
        #expect(visit.http2.isTold)
        visit.connection.callBegan()
        _ = visit.connection.mark.called(by: 1) { {} }
        visit.pass(.seconds(25))
        #expect(visit.isOpen)
        visit.connection.callEnded()
        visit.pass(.milliseconds(4_999))
        #expect(visit.isOpen)
        visit.pass(.milliseconds(1))
        #expect(!visit.isOpen, "HTTP/2 would have closed it")
    }

    @Test("a peer that says nothing is closed, longer after it should have answered a ping")
    func silence() throws {
        let visit = try Visit(mustBeKnown: false)
        defer { visit.finish() }
        visit.pass(.seconds(80))
        try visit.receive()
        visit.pass(.seconds(80))
        #expect(visit.isOpen)
        visit.pass(.seconds(1))
        #expect(!visit.isOpen)
    }

    @Test("a peer that takes nothing is cut after 30 s; one that takes a little has its time anew")
    func stalled() throws {
        for takes in [false, true] {
            let visit = try Visit(mustBeKnown: false)
            defer { visit.finish() }
            visit.shore.isHolding = true
            visit.channel.write(ByteBuffer(repeating: 7, count: 1_000), promise: nil)
            visit.channel.flush()
            visit.setWritable(false)
            visit.pass(.milliseconds(29_999))
            #expect(visit.isOpen)
            if takes {
                visit.shore.isHolding = false
                visit.channel.flush()
                visit.shore.isHolding = true
                visit.channel.write(ByteBuffer(repeating: 7, count: 10), promise: nil)
            }
            visit.pass(.milliseconds(1))
            #expect(visit.isOpen == takes)
            guard takes else { continue }

            visit.pass(.milliseconds(29_999))
            #expect(visit.isOpen)
            visit.pass(.milliseconds(1))
            #expect(!visit.isOpen)
        }
    }

    @Test("a peer that takes what it is owed in time stays")
    func taken() throws {
        let visit = try Visit(mustBeKnown: false)
        defer { visit.finish() }
        visit.setWritable(false)
        visit.pass(.seconds(29))
        visit.setWritable(true)
        visit.pass(.seconds(40))
        #expect(visit.isOpen)
    }

    @Test("one that is dismissed takes no more calls, and is closed behind the answers")
    func dismissed() throws {
        let visit = try Visit()
        defer { visit.finish() }
        #expect(!visit.connection.isUnwelcome)
        visit.connection.dismiss(after: .seconds(1))
        visit.connection.dismiss(after: .seconds(5))
        #expect(visit.connection.isUnwelcome && visit.isOpen)
        visit.pass(.seconds(1))
        #expect(!visit.isOpen)
    }
}
