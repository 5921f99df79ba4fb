internal import Glibc
internal import NIOCore

/// Keeps from a listener that a connection could not be accepted, where NIO goes on accepting: it
/// would take any failure for its end.
final class PassingFailures: ChannelInboundHandler {
    typealias InboundIn = any Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error as? IOError)?.errnoCode {
        case ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM: break
        default: context.fireErrorCaught(error)
        }
    }
}
