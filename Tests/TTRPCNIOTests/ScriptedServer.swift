internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TTRPC

@testable internal import TTRPCNIO

/// A server that says what a test tells it to: for each connection, frames in answer to frames.
final class ScriptedServer: Sendable {
    /// The number of the connection, counted from 0, and what came on it.
    typealias Script = @Sendable (Int, Frame) -> [Frame]

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let number: Int
        private let script: Script
        private var inbox = Inbox()

        init(_ number: Int, _ script: @escaping Script) {
            self.number = number
            self.script = script
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.inbox.append(self.unwrapInboundIn(data))
            while case .frame(let frame) = self.inbox.next() {
                for answer in self.script(self.number, frame) {
                    let bytes = ByteBuffer(bytes: answer.bytes)
                    context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
                }
            }
        }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            self.count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    private let channel: any Channel
    let address: Address

    private init(_ channel: any Channel, _ address: Address) {
        self.channel = channel
        self.address = address
    }

    static func start(_ script: @escaping Script) async throws -> ScriptedServer {
        let counter = Counter()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                let number = counter.next()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(number, script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        return ScriptedServer(channel, .tcp(host: "127.0.0.1", port: port))
    }

    func stop() async throws {
        try await self.channel.close()
    }
}
