internal import NIOCore
internal import NIOTLS
internal import TTRPC

/// Waits for the end of a handshake, and closes the connection when that does not come in time.
///
/// Leaves the pipeline once the handshake is done.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let time: TimeAmount
    private let tls: any ChannelHandler
    private let done: EventLoopPromise<Peer?>
    private let peer: () throws(TLSFailure) -> Peer?
    private let failure: (any Error) -> TLSFailure
    private var timer: Scheduled<Void>?

    /// `peer` says, once the handshake is done, who that is, or why nobody; `failure` says for a
    /// person what an error of the handshake means.
    init(
        time: TimeAmount,
        of tls: any ChannelHandler,
        done: EventLoopPromise<Peer?>,
        peer: @escaping () throws(TLSFailure) -> Peer? = { nil },
        failure: @escaping (any Error) -> TLSFailure
    ) {
        self.time = time
        self.tls = tls
        self.done = done
        self.peer = peer
        self.failure = failure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let loop = context.eventLoop
        self.timer = loop.assumeIsolated().scheduleTask(in: self.time) {
            let milliseconds = self.time.nanoseconds / 1_000_000
            let time =
                milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms"
            self.fail(TLSFailure("a handshake of TLS within \(time) expected, none found"))
            self.cut(context)
        }
    }

    /// Closes beneath TLS, which would wait for the peer's goodbye.
    private func cut(_ context: ChannelHandlerContext) {
        guard let beneath = try? context.pipeline.syncOperations.context(handler: self.tls) else {
            return context.close(promise: nil)
        }

        beneath.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            self.timer?.cancel()
            do throws(TLSFailure) {
                self.done.succeed(try self.peer())
            } catch {
                self.fail(error)
                return self.cut(context)
            }
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(self.failure(error))
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(TLSFailure("a handshake of TLS expected, the end of the connection found"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.fail(TLSFailure("a handshake of TLS expected, the end of the connection found"))
    }

    private func fail(_ failure: TLSFailure) {
        self.timer?.cancel()
        self.done.fail(failure)  // the first outcome holds
    }
}
