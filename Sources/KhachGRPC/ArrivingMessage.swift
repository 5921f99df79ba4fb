internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
internal import TTRPC

/// Counts what has come of a call until its caller has ended, among what all connections share, and
/// gives it the time of a frame.
///
/// Of a conversation it is each message that is incomplete.
///
/// A call whose message has no room, or no time left, is reset: HTTP/2's "enhance your calm", which
/// clients of gRPC know as RESOURCE_EXHAUSTED.
final class ArrivingMessage: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var share: RequestRoom.Share
    private let time: TimeAmount
    /// Methods whose caller goes on when a message is whole.
    private static let conversations = "/grpc.reflection."

    private var isConversation = false
    private var bytesCount = 0
    private var meter = MessageMeter()
    private var timer: Scheduled<Void>?
    private var isReset = false

    init(_ room: RequestRoom, limits: Limits) {
        self.share = RequestRoom.Share(of: room)
        self.time = .milliseconds(Int64(limits.frameMillisecondsMax))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.isReset else { return }
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
        if !self.isReset { context.fireChannelRead(data) }
    }

    private func take(_ bytes: ByteBuffer?, isLast: Bool, _ context: ChannelHandlerContext) {
        if let bytes {
            self.bytesCount += bytes.readableBytes
            self.meter.take(bytes)
        }
        let isIncomplete = !isLast && (!self.isConversation || self.meter.incompleteBytes > 0)
        let count = self.isConversation ? self.meter.incompleteBytes : self.bytesCount
        guard self.share.hold(isIncomplete ? count : 0) == nil else { return self.reset(context) }

        self.watch(context, isIncomplete: isIncomplete)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.letGo()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.letGo()
    }

    private func watch(_ context: ChannelHandlerContext, isIncomplete: Bool) {
        guard isIncomplete != (self.timer != nil) else { return }
        guard isIncomplete else {
            self.timer?.cancel()
            self.timer = nil
            return
        }

        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: self.time) {
            self.reset(context)
        }
    }

    private func reset(_ context: ChannelHandlerContext) {
        self.isReset = true
        self.letGo()
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(.enhanceYourCalm)), promise: nil)
    }

    private func letGo() {
        self.share.letGo()
        self.timer?.cancel()
        self.timer = nil
    }
}

/// How much of a message has come that is incomplete: one is a byte, its length in four, and so
/// many bytes.
struct MessageMeter {
    private static let headBytes = 5

    private var headCount = 0
    private var left = 0
    private(set) var incompleteBytes = 0

    mutating func take(_ bytes: ByteBuffer) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            if self.headCount < Self.headBytes {
                guard let byte = bytes.readInteger(as: UInt8.self) else { return }

                // The first says whether the message is compressed.
                self.left = self.headCount == 0 ? 0 : self.left << 8 | Int(byte)
                self.headCount += 1
                self.incompleteBytes += 1
            } else {
                let count = min(self.left, bytes.readableBytes)
                bytes.moveReaderIndex(forwardBy: count)
                self.left -= count
                self.incompleteBytes += count
            }
            if self.headCount == Self.headBytes, self.left == 0 { self = MessageMeter() }
        }
    }
}
