internal import NIOCore
internal import TTRPC
internal import TTRPCNIO

/// Ends a connection whose peer says nothing, takes nothing, or is nobody known, for too long.
///
/// Stands next to the socket and sees bytes, whatever they say.
final class ConnectionWatch: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: Connection
    private let limits: Limits
    private let mustBeKnown: @Sendable () -> Bool
    /// How long nothing may come: longer than a peer that is there takes to answer a ping.
    private let silence: TimeAmount
    private let onProtocolError: @Sendable (ProtocolError) -> Void
    private var latestHeard = NIODeadline.distantPast
    private var writtenBytes = 0
    private var stranger: Scheduled<Void>?
    private var silent: Scheduled<Void>?
    private var stalled: Scheduled<Void>?

    init(
        _ connection: Connection,
        limits: Limits,
        silence: TimeAmount,
        mustBeKnown: @escaping @Sendable () -> Bool,
        onProtocolError: @escaping @Sendable (ProtocolError) -> Void = { _ in }
    ) {
        self.connection = connection
        self.limits = limits
        self.silence = silence
        self.mustBeKnown = mustBeKnown
        self.onProtocolError = onProtocolError
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.latestHeard = context.eventLoop.now
        self.watchSilence(context)
        if self.mustBeKnown() { self.watchStranger(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        for timer in [self.stranger, self.silent, self.stalled] { timer?.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.latestHeard = context.eventLoop.now
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.writtenBytes += self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.stalled?.cancel()
        } else {
            self.watchWrites(context)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Closes a connection by which nobody known calls, unless a call runs: one that asks how the
    /// server is may do so for as long as it likes.
    ///
    /// It is told first, so that who is only late makes its first call over another.
    private func watchStranger(_ context: ChannelHandlerContext) {
        self.stranger = self.after(self.limits.strangerMillisecondsMax, context) {
            guard !self.connection.mark.isKnown else { return }
            guard !self.connection.isCalled else { return self.watchStranger(context) }

            self.onProtocolError(.noCaller)
            context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            self.watchLeaving(context)
        }
    }

    /// Closes a connection that was told to leave, unless a call runs.
    ///
    /// That may have been under way, and of somebody known. HTTP/2 closes it behind the last one.
    private func watchLeaving(_ context: ChannelHandlerContext) {
        self.stranger = self.after(self.limits.strangerMillisecondsMax, context) {
            guard self.connection.isCalled else { return context.close(promise: nil) }

            self.watchLeaving(context)
        }
    }

    private func watchSilence(_ context: ChannelHandlerContext) {
        let heard = self.latestHeard
        let left = self.silence - (context.eventLoop.now - heard)
        self.silent = context.eventLoop.assumeIsolated().scheduleTask(in: left) {
            guard self.latestHeard == heard else { return self.watchSilence(context) }

            context.close(promise: nil)
        }
    }

    /// Closes when the peer takes nothing for too long; looks again when it has taken something.
    private func watchWrites(_ context: ChannelHandlerContext) {
        let sent = self.sentBytes(context)
        self.stalled?.cancel()
        self.stalled = self.after(self.limits.stalledWriteMillisecondsMax, context) {
            guard self.sentBytes(context) > sent else { return context.close(promise: nil) }

            self.watchWrites(context)
        }
    }

    /// How much of what was written the socket has.
    private func sentBytes(_ context: ChannelHandlerContext) -> Int {
        let waiting = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        return self.writtenBytes - (waiting ?? self.writtenBytes)
    }

    private func after(
        _ milliseconds: Int,
        _ context: ChannelHandlerContext,
        _ body: @escaping () -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated()
            .scheduleTask(in: .milliseconds(Int64(milliseconds)), body)
    }
}
