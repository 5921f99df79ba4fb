internal import GRPCCore
internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2

/// Says in the metadata of each call by which connection it came, and to the connection that it is
/// called: grpc-swift tells its handlers nothing that is of one connection alone.
///
/// What a caller says under that key is dropped.
final class ConnectionLabel: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    /// With the letters that no caller's metadata may begin with.
    private static let key = "grpc-khach-connection"

    private let connection: Connection

    init(of connection: Connection) {
        self.connection = connection
    }

    /// The number of the connection that a call came by.
    static func number(in metadata: Metadata) -> UInt64? {
        metadata[stringValues: self.key].first { _ in true }.flatMap { UInt64($0) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.connection.callBegan()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.connection.callEnded()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var head) = self.unwrapInboundIn(data) else {
            return context.fireChannelRead(data)
        }

        head.headers.remove(name: Self.key)
        head.headers.add(name: Self.key, value: "\(self.connection.number)")
        context.fireChannelRead(self.wrapInboundOut(.headers(head)))
    }
}
