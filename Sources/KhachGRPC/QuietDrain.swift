internal import NIOCore

/// Lets a call go on when its server drains.
///
/// HTTP/2 tells every call that its connection is to leave, and grpc-swift takes that for a
/// cancellation. The connection itself is told all the same: it says GOAWAY, and closes when the
/// last call has ended.
final class QuietDrain: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard !(event is ChannelShouldQuiesceEvent) else { return }

        context.fireUserInboundEventTriggered(event)
    }
}
