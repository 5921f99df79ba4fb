internal import NIOCore
internal import TTRPC
internal import TTRPCNIO

/// Leaves a connection unread for a while once too many of its calls were refused as too many, as
/// ttrpc does: who comes by other connections does not wait behind it.
///
/// Stands next to the socket. What the socket reads once more is kept until then.
final class Hush: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The event that one call of the connection was refused.
    struct Refusal: Sendable {}

    private let time: TimeAmount
    private let onProtocolError: @Sendable (ProtocolError) -> Void
    /// Calls that may still be refused.
    private var refusals: SlidingBudget
    private var timer: Scheduled<Void>?
    private var isReadHeld = false
    private var kept = CircularBuffer<NIOAny>()

    init(
        _ limits: Limits,
        onProtocolError: @escaping @Sendable (ProtocolError) -> Void = { _ in }
    ) {
        self.time = .milliseconds(Int64(limits.hushMilliseconds))
        self.onProtocolError = onProtocolError
        self.refusals = SlidingBudget(
            limits.refusalsMax,
            milliseconds: limits.refusalsMilliseconds
        )
    }

    private var isHushed: Bool { self.timer != nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Refusal else { return context.fireUserInboundEventTriggered(event) }

        let now = MonotonicInstant(nanoseconds: context.eventLoop.now.uptimeNanoseconds)
        guard !self.refusals.spend(now: now), !self.isHushed else { return }

        self.onProtocolError(.tooManyRefusals)
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.time) {
            self.timer = nil
            self.goOn(context)
        }
    }

    func read(context: ChannelHandlerContext) {
        if self.isHushed {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.isHushed {
            self.kept.append(data)
        } else {
            context.fireChannelRead(data)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.forget()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.forget()
    }

    /// Nobody waits for what was kept.
    private func forget() {
        self.timer?.cancel()
        self.timer = nil
        self.kept.removeAll()
    }

    private func goOn(_ context: ChannelHandlerContext) {
        let isAnyKept = !self.kept.isEmpty
        // What is read may be refused, and the next hush begin, or be the end of the connection.
        while !self.isHushed, context.channel.isActive, let bytes = self.kept.popFirst() {
            context.fireChannelRead(bytes)
        }
        guard context.channel.isActive else { return }

        if isAnyKept { context.fireChannelReadComplete() }
        guard !self.isHushed, self.isReadHeld else { return }

        self.isReadHeld = false
        context.read()
    }
}
