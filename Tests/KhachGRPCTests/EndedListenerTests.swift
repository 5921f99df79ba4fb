internal import NIOCore
internal import NIOPosix
internal import TTRPC
internal import TTRPCNIO
internal import Testing

@testable internal import KhachGRPC

/// A listener that nobody can connect to any more says so.
@Suite("A gRPC listener that ends by itself", .timeLimit(.minutes(15)))
struct EndedListenerTests {
    @Test("what serves ends, and who is connected goes", arguments: [false, true])
    func ended(_ isConnected: Bool) async throws {
        let listener = try GRPCListener(
            GRPCListener.Configuration(host: "127.0.0.1", port: 0),
            methods: MethodTable(),
            now: { MonotonicInstant(nanoseconds: 0) }
        )
        await #expect(throws: GRPCListener.Failure.endedByItself) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listener.serve() }
                // Who connects before it serves waits; what comes back says that it does.
                let client = try await Self.connect(to: listener.port)
                if !isConnected { try await client.close() }
                // As NIO does when accept(2) fails and is not worth another try. Not waited for:
                // its loop may end before it could say so.
                try #require(listener.life.channel).close(promise: nil)
                try await group.waitForAll()
                if isConnected { try await client.closeFuture.get() }
            }
        }
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
