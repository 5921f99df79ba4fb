internal import NIOCore

/// Remembers why no connection could be accepted, until one was.
///
/// NIO tells it in the listening channel alone, and closes that where it is no use to go on.
final class LatestFailure: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let remember: ((any Error)?) -> Void

    init(_ remember: @escaping ((any Error)?) -> Void) {
        self.remember = remember
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.remember(nil)
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.remember(error)
        context.fireErrorCaught(error)
    }
}
