internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import TTRPC
internal import TTRPCNIO

/// Counts what has come of a call until its caller has ended, among what all connections share, and
/// gives it the time of a frame.
///
/// Of a conversation it is each message that is incomplete.
///
/// A call whose message has no room, or is too long for nobody known, is answered so and ended; one
/// that has no time left is reset.
final class ArrivingMessage: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// How much of its answer a call has.
    private enum Answer {
        case none
        case begun
        case ended
    }

    private let connection: Connection
    private let mustBeKnown: @Sendable () -> Bool
    private let onProtocolError: @Sendable (ProtocolError) -> Void
    private let time: TimeAmount
    /// Methods whose caller goes on when a message is whole.
    private static let conversations = "/grpc.reflection."

    private var share: RequestRoom.Share
    private var isConversation = false
    private var bytesCount = 0
    private var meter = MessageMeter()
    private var timer: Scheduled<Void>?
    private var answer = Answer.none
    /// Whether the call has its end from here, and nothing more of it is taken.
    private var isOver = false

    init(
        of connection: Connection,
        limits: Limits,
        mustBeKnown: @escaping @Sendable () -> Bool = { false },
        onProtocolError: @escaping @Sendable (ProtocolError) -> Void = { _ in }
    ) {
        self.connection = connection
        self.mustBeKnown = mustBeKnown
        self.onProtocolError = onProtocolError
        self.time = .milliseconds(Int64(limits.frameMillisecondsMax))
        self.share = RequestRoom.Share(of: connection.room)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isOver else { return }
        switch self.unwrapInboundIn(data) {
        case .headers(let head):
            if let path = head.headers.first(name: ":path") {
                self.isConversation = path.hasPrefix(Self.conversations)
            }
            self.take(nil, isLast: head.endStream, context)
        case .data(let frame):
            guard case .byteBuffer(let bytes) = frame.data else { break }

            self.take(bytes, isLast: frame.endStream, context)
        default: break
        }
        if !self.isOver { context.fireChannelRead(data) }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .headers(let head) = self.unwrapOutboundIn(data) {
            self.answer = head.endStream ? .ended : .begun
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.letGo()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.letGo()
    }

    private func take(_ bytes: ByteBuffer?, isLast: Bool, _ context: ChannelHandlerContext) {
        if let bytes {
            self.bytesCount += bytes.readableBytes
            self.meter.take(bytes)
        }
        if let status = self.tooLong { return self.refuse(status, context) }

        let isIncomplete = !isLast && (!self.isConversation || self.meter.incompleteBytes > 0)
        let count = self.isConversation ? self.meter.incompleteBytes : self.bytesCount
        if let status = self.share.hold(isIncomplete ? count : 0) {
            return self.refuse(status, context)
        }

        self.watch(context, isIncomplete: isIncomplete)
    }

    /// What is said of a message of nobody known: by its length already, or by all that has come
    /// where there should be one.
    private var tooLong: Status? {
        let count = max(
            self.meter.longestBytes,
            self.isConversation ? 0 : self.bytesCount - MessageMeter.headBytes
        )
        guard
            count > Limits.strangerBodyBytesMax,
            self.mustBeKnown(),
            !self.connection.mark.isKnown
        else { return nil }

        return .tooLong(count)
    }

    private func watch(_ context: ChannelHandlerContext, isIncomplete: Bool) {
        guard isIncomplete != (self.timer != nil) else { return }
        guard isIncomplete else {
            self.timer?.cancel()
            self.timer = nil
            return
        }

        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.time) {
            self.end(context, .enhanceYourCalm)
        }
    }

    /// Answers a call before its message is whole, unless it has its answer.
    private func refuse(_ status: Status, _ context: ChannelHandlerContext) {
        self.onProtocolError(.refused(status.code))
        self.connection.refused()
        guard self.answer != .ended else { return self.end(context, .enhanceYourCalm) }

        let trailers = status.trailers(areAlone: self.answer == .none)
        let end = HTTP2Frame.FramePayload.Headers(headers: trailers, endStream: true)
        context.write(self.wrapOutboundOut(.headers(end)), promise: nil)
        // Its caller need not send the rest.
        self.end(context, .noError)
    }

    private func end(_ context: ChannelHandlerContext, _ code: HTTP2ErrorCode) {
        self.isOver = true
        self.letGo()
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    private func letGo() {
        self.share.letGo()
        self.timer?.cancel()
        self.timer = nil
    }
}
