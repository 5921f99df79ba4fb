internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import TTRPC
internal import TTRPCNIO
internal import Testing

@testable internal import KhachGRPC

/// A listener that nobody can connect to any more says so.
@Suite("A gRPC listener that ends by itself", .timeLimit(.minutes(15)))
struct EndedListenerTests {
    private static func listener() throws -> GRPCListener {
        try GRPCListener(
            GRPCListener.Configuration(host: "127.0.0.1", port: 0),
            methods: MethodTable(),
            now: { MonotonicInstant(nanoseconds: 0) }
        )
    }

    /// What came to the end of `serve`, once a client has been served; `nil`: nothing says why.
    private static func cause(
        _ listener: GRPCListener,
        stays isConnected: Bool = false,
        _ body: (any Channel) async throws -> Void
    ) async throws -> IOError? {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listener.serve() }
                // Who connects before it serves waits; what comes back says that it does.
                let client = try await Self.connect(to: listener.port)
                if !isConnected { try await client.close() }
                try await body(try #require(listener.life.channel))
                try await group.waitForAll()
            }
        } catch GRPCListener.Failure.endedByItself(let cause) {
            return try cause.map { try #require($0 as? IOError) }
        }
        Issue.record("a listener that ends by itself expected")
        return nil
    }

    @Test("what serves ends, and who is connected goes", arguments: [false, true])
    func ended(_ isConnected: Bool) async throws {
        let listener = try Self.listener()
        let cause = try await Self.cause(listener, stays: isConnected) { channel in
            // Not waited for: its loop may end before it could say so.
            channel.close(promise: nil)
        }
        #expect(cause == nil)
    }

    @Test("one whose socket fails says why; what has passed is no cause", arguments: [false, true])
    func failed(_ isPassed: Bool) async throws {
        let listener = try Self.listener()
        let cause = try await Self.cause(listener) { channel in
            // As NIO does when accept(2) fails; waited for, as the next connection comes after it.
            try await channel.eventLoop.submit {
                channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
            }.get()
            if isPassed { try await Self.connect(to: listener.port).close() }
            channel.close(promise: nil)
        }
        #expect(cause?.errnoCode == (isPassed ? nil : EMFILE))
    }

    /// A connection whose first bytes have come: HTTP/2's settings.
    private static func connect(to port: Int) async throws -> any Channel {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let greeted = loop.makePromise(of: Void.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeting(greeted))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        try await greeted.futureResult.get()
        return channel
    }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let greeted: EventLoopPromise<Void>

        init(_ greeted: EventLoopPromise<Void>) {
            self.greeted = greeted
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.greeted.succeed()
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.greeted.fail(ChannelError.eof)
        }
    }
}
