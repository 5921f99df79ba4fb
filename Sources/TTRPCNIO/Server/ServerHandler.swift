internal import NIOCore
internal import TTRPC

/// One connection of a server: bytes in, calls run, bytes out.
///
/// Decides nothing about the protocol: every event goes to `ServerConnection`, and what that says
/// is done. Everything a read burst answers in place leaves in one write, as does everything that
/// tasks answer in one loop tick.
final class ServerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The event that begins a graceful end.
    struct Drain: Sendable {}

    /// The event that ends the connection at once.
    struct Cut: Sendable {}

    let limits: Limits
    let loop: any EventLoop
    let tasks: CallTasks
    /// The connection's own.
    let number: UInt64
    let naming: RefusalNaming
    let onProtocolError: (ProtocolError) -> Void
    let onEnded: () -> Void
    /// What methods say of who calls.
    let mark = ConnectionMark()
    /// Where the peer is; empty for a Unix socket.
    let address: String
    let strangers: Strangers
    let mustBeKnown: @Sendable () -> Bool
    /// Whether the connection ends behind what is owed to it.
    var isUnwelcome = false
    /// Calls that may still be refused as too many before the connection is not read for a while.
    var refusals: SlidingBudget
    var isHushed = false
    var connection: ServerConnection
    var methods: MethodCache
    var inbox = Inbox()
    /// What the frame that is coming in has of the room for all.
    var arriving: RequestRoom.Share
    var outbox = Outbox()
    var senders = WaitingSenders()
    /// What callers that stream have sent and handlers have not read.
    var mailboxes = Mailboxes()
    var timers = Timers()
    var context: ChannelHandlerContext?
    /// Who the connection itself shows to call; there before its first call.
    var peer: Peer?
    /// When something was last asked for, or the drain began.
    var latestRequest: NIODeadline
    /// When something last came.
    var latestHeard: NIODeadline
    var state = State.open
    var turn = Turn.idle

    init(
        methods: MethodTable,
        limits: Limits,
        on loop: any EventLoop,
        address: String = "",
        strangers: Strangers? = nil,
        room: RequestRoom = .unbounded,
        mustBeKnown: @escaping @Sendable () -> Bool = { false },
        number: UInt64 = 0,
        naming: @escaping RefusalNaming = { status, _, _ in status },
        onProtocolError: @escaping (ProtocolError) -> Void = { _ in },
        onEnded: @escaping () -> Void
    ) {
        self.limits = limits
        self.tasks = CallTasks(on: loop)
        self.address = address
        self.strangers = strangers ?? Strangers(limits)
        self.mustBeKnown = mustBeKnown
        self.refusals = SlidingBudget(
            limits.refusalsMax,
            milliseconds: limits.refusalsMilliseconds
        )
        self.arriving = RequestRoom.Share(of: room)
        self.number = number
        self.naming = naming
        self.onProtocolError = onProtocolError
        self.onEnded = onEnded
        self.connection = ServerConnection(limits: limits)
        self.methods = MethodCache(methods)
        self.loop = loop
        self.latestRequest = loop.now
        self.latestHeard = loop.now
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if self.mustBeKnown() { self.watchStranger(context) }
    }

    /// Closes a connection by which nobody known calls, unless a call runs: one that asks how the
    /// server is may do so for as long as it likes.
    private func watchStranger(_ context: ChannelHandlerContext) {
        let time = self.limits.time(.stranger)
        self.timers.start(.stranger, after: time, on: self.loop) {
            guard !self.mark.isKnown, self.isServing else { return }
            guard self.tasks.isEmpty else { return self.watchStranger(context) }

            self.onProtocolError(.noCaller)
            guard self.connection.isExtended else { return self.giveUp(context) }

            // Who is only late hears of it, and makes its first call over another connection.
            self.drain(context)
            self.watchLeaving(context)
        }
    }

    /// Closes a connection that was told to leave, unless a call runs.
    ///
    /// That may have been under way, and of somebody known. The drain closes it behind the last
    /// one.
    private func watchLeaving(_ context: ChannelHandlerContext) {
        self.timers.start(.stranger, after: self.limits.time(.stranger), on: self.loop) {
            guard self.tasks.isEmpty else { return self.watchLeaving(context) }

            self.giveUp(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()  // a channel that closed before it was active is never inactive
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.isServing else { return }

        self.turn = .reading
        self.inbox.append(self.unwrapInboundIn(data))
        self.takeFrames(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.endBurst(context)
    }

    func read(context: ChannelHandlerContext) {
        if self.state == .open, context.channel.isWritable, !self.mailboxes.isFull, !self.isHushed {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard self.isServing else { return }
        guard context.channel.isWritable else { return self.watchWrites(context) }

        self.timers.cancel(.stalledWrite)
        guard self.turn != .takingFrames else { return }  // a write in `takeFrames` made this true

        if self.state == .paused, !self.mailboxes.isFull {
            self.state = .open
            self.turn = .reading
            self.takeFrames(context)
        }
        self.endBurst(context)
        self.read(context: context)  // one may have been held; one more than asked for is none
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is Drain: self.drain(context)
        case is Cut: self.giveUp(context)
        case ChannelEvent.inputClosed:
            switch self.connection.peerClosed() {
            case .answer:
                let time = self.limits.time(.halfClosed)
                self.timers.start(.halfClosed, after: time, on: self.loop) { self.giveUp(context) }
                self.settle(context)
            case .close: self.giveUp(context)
            }
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
    }

    private func end() {
        guard self.state != .gone else { return }

        self.connection.closed()
        self.timers.cancelAll()
        self.senders.releaseAll()
        self.mailboxes.dropAll(.status(Status(.cancelled, "the connection is closed")))
        self.state = .gone
        self.mark.end()
        self.dropInput()
        self.tasks.cancelAll()
        if self.tasks.isEmpty { self.onEnded() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.giveUp(context)  // the socket failed; there is nobody to tell
    }

    // MARK: Frames

    func takeFrames(_ context: ChannelHandlerContext) {
        let now = self.loop.now
        self.latestHeard = now
        self.turn = .takingFrames
        defer { self.turn = .reading }
        while self.hasRoom(context) {
            guard let output = self.inbox.next(bodyBytesMax: self.bodyBytesMax) else {
                guard let status = self.arriving.hold(self.inbox.bytesCount) else { break }

                self.perform(self.connection.receivedSkipped(self.inbox.skipFrame(), status), now)
                continue
            }

            self.arriving.letGo()
            switch output {
            case .frame(let frame):
                let instant = MonotonicInstant(nanoseconds: now.uptimeNanoseconds)
                self.perform(self.connection.received(frame, now: instant), now)
            case .oversized(let stream, let length):
                self.perform(self.connection.receivedOversized(stream, length: length), now)
            case .malformed:
                self.onProtocolError(.malformed)
                self.closeAfterWrites(context)
            }
        }
    }

    /// Nothing that came, or comes, is taken any more.
    private func dropInput() {
        self.inbox.clear()
        self.arriving.letGo()
    }

    /// How long a body may be now: a little, until somebody called who is known.
    private var bodyBytesMax: Int {
        self.mustBeKnown() && !self.mark.isKnown
            ? Limits.strangerBodyBytesMax : Limits.frameBodyBytesMax
    }

    /// Whether more may be answered; writes out what has gathered when it is much.
    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        guard self.state == .open, !self.isUnwelcome, !self.isHushed else { return false }
        guard !self.mailboxes.isFull else {
            self.awaitReader()
            return false
        }
        guard self.outbox.buffer.readableBytes >= self.limits.outboundBytesLow else { return true }

        self.flush(context)
        if self.state == .open, !context.channel.isWritable { self.state = .paused }
        return self.state == .open
    }

    private func perform(_ action: ServerConnection.OnFrame, _ now: NIODeadline) {
        switch action {
        case .call(let call):
            self.latestRequest = now
            self.run(call)
        case .reject(let stream, let status):
            self.latestRequest = now
            self.refuse(stream, status)
        case .abort(let stream, let status):
            self.refuse(stream, status, self.tasks.metadata(of: stream))
            self.stop(stream)
        case .deliver(let stream, let arrival): self.deliver(arrival, on: stream)
        case .write(let frame): self.write(frame)
        case .writeFirst(let frame): FrameEncoder.write(frame, into: &self.outbox.urgent)
        case .close(let frame):
            if let frame { self.write(frame) }
            if let context = self.context { self.closeAfterWrites(context) }
        case .ignore: break
        }
    }

    /// Rejects what is no call of a method.
    func refuse(_ stream: StreamID, _ status: Status, _ metadata: Metadata = Metadata()) {
        self.onProtocolError(.refused(status.code))
        self.reject(stream, status, metadata)
    }

    func endBurst(_ context: ChannelHandlerContext) {
        self.turn = .idle
        self.flush(context)
        self.wakeSenders(context)
        if self.state == .open, self.inbox.endBurst(self.loop.now), !self.timers.isRunning(.frame) {
            self.timers.watch(
                .frame,
                self.limits,
                since: { self.state == .open ? self.inbox.frameBegan : nil },
                on: self.loop
            ) { self.giveUp(context) }
        }
        self.settle(context)
    }

    // MARK: Writing and closing

    var isServing: Bool { self.state == .open || self.state == .paused }

    func flush(_ context: ChannelHandlerContext) {
        guard let bytes = self.outbox.take() else { return }

        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        self.outbox.reuse(bytes)
    }

    /// Writes at the end of this loop tick what tasks have answered by then.
    func flushSoon() {
        guard self.turn == .idle else { return }

        self.turn = .flushScheduled
        self.loop.assumeIsolated().execute {
            if self.turn == .flushScheduled { self.turn = .idle }
            guard let context = self.context else { return }

            self.flush(context)
            self.settle(context)
        }
    }

    /// Closes the connection if it has done what it had to.
    func settle(_ context: ChannelHandlerContext) {
        guard self.state == .open, self.turn == .idle, !self.isHushed else { return }
        guard !self.isUnwelcome else { return self.closeAfterWrites(context) }

        switch self.connection.onIdle {
        case .stay: break
        case .close: self.closeAfterWrites(context)
        case .closeAfterQuiet:
            guard !self.timers.isRunning(.drainQuiet) else { return }

            self.timers.watch(
                .drainQuiet,
                self.limits,
                since: { self.state == .open ? self.latestRequest : nil },
                on: self.loop
            ) { self.closeAfterWrites(context) }
        }
    }

    /// Closes when the peer takes nothing for too long; looks again when it has taken something.
    private func watchWrites(_ context: ChannelHandlerContext) {
        let sent = self.outbox.sentBytes(context.channel)
        self.timers.start(.stalledWrite, after: self.limits.time(.stalledWrite), on: self.loop) {
            guard self.outbox.sentBytes(context.channel) > sent else {
                return self.giveUp(context)
            }
            self.watchWrites(context)
        }
    }

    /// Closes now: nothing that still comes is taken, and what runs is cancelled.
    ///
    /// TLS says goodbye first, and hands on what the peer sends meanwhile.
    private func giveUp(_ context: ChannelHandlerContext) {
        guard self.state != .gone else { return }

        self.state = .closing
        self.dropInput()
        self.tasks.cancelAll()
        context.close(promise: nil)
    }

    func closeAfterWrites(_ context: ChannelHandlerContext) {
        self.state = .closing
        self.dropInput()
        self.flush(context)
        self.watchWrites(context)
        context.closeAfterWrites(on: self.loop)
    }
}
