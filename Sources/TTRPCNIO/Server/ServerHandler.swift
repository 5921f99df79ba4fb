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

    private let limits: Limits
    private let loop: any EventLoop
    private let tasks: CallTasks
    private let onProtocolError: (ProtocolError) -> Void
    private let onEnded: () -> Void
    private var connection: ServerConnection
    private var methods: MethodCache
    private var inbox = Inbox()
    private var outbox = Outbox()
    private var senders = WaitingSenders()
    private var timers = Timers()
    private var context: ChannelHandlerContext?
    /// When something was last asked for, or the drain began.
    private var latestRequest: NIODeadline
    private var state = State.open
    private var turn = Turn.idle

    init(
        methods: MethodTable,
        limits: Limits,
        on loop: any EventLoop,
        onProtocolError: @escaping (ProtocolError) -> Void = { _ in },
        onEnded: @escaping () -> Void
    ) {
        self.limits = limits
        self.tasks = CallTasks(on: loop)
        self.onProtocolError = onProtocolError
        self.onEnded = onEnded
        self.connection = ServerConnection(limits: limits)
        self.methods = MethodCache(methods)
        self.loop = loop
        self.latestRequest = loop.now
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
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
        if self.state == .open, context.channel.isWritable { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard self.isServing else { return }
        guard context.channel.isWritable else { return self.watchWrites(context) }

        self.timers.cancel(.stalledWrite)
        guard self.turn != .takingFrames else { return }  // a write in `takeFrames` made this true

        if self.state == .paused {
            self.state = .open
            self.turn = .reading
            self.takeFrames(context)
        }
        self.endBurst(context)
        self.read(context: context)  // one may have been held; one more than asked for is none
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is Drain:
            self.connection.drain()
            // A peer that does not know yet may still send: it has a quiet time from now.
            self.latestRequest = self.loop.now
            self.settle(context)
        case ChannelEvent.inputClosed:
            self.connection.peerClosed()
            self.timers.close(context, .halfClosed, self.limits)
            self.settle(context)
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
        self.state = .gone
        self.inbox.clear()
        self.tasks.cancelAll()
        if self.tasks.isEmpty { self.onEnded() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)  // the socket failed; there is nobody to tell
    }

    // MARK: Frames

    private func takeFrames(_ context: ChannelHandlerContext) {
        let now = self.loop.now
        self.turn = .takingFrames
        defer { self.turn = .reading }
        while self.hasRoom(context), let output = self.inbox.next() {
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

    /// Whether more may be answered; writes out what has gathered when it is much.
    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        guard self.state == .open,
            self.outbox.buffer.readableBytes >= self.limits.outboundBytesLow
        else { return self.state == .open }

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
            self.refuse(stream, status)
            self.stop(stream)
        case .ignore: break
        }
    }

    /// Rejects what is no call of a method.
    private func refuse(_ stream: StreamID, _ status: Status) {
        self.onProtocolError(.refused(status.code))
        self.reject(stream, status)
    }

    private func endBurst(_ context: ChannelHandlerContext) {
        self.turn = .idle
        self.flush(context)
        self.wakeSenders(context)
        if self.state == .open, self.inbox.endBurst(self.loop.now), !self.timers.isRunning(.frame) {
            self.timers.watch(
                .frame,
                self.limits,
                since: { self.state == .open ? self.inbox.frameBegan : nil },
                on: self.loop
            ) { context.close(promise: nil) }
        }
        self.settle(context)
    }

    // MARK: Calls

    private func run(_ call: ServerConnection.Call) {
        let entry: MethodCache.Entry
        do { entry = try self.methods.entry(for: call.request) } catch {
            return self.refuse(call.stream, error)
        }

        let context = entry.context(of: call)
        let payload = call.request.payload
        switch entry.handler {
        case .inPlace(let body):
            self.answer(call.stream) { () throws(Status) in try body(context, payload) }
        case .inPlaceOrTask(let body, let fallback):
            let isAnswered = self.answer(call.stream) { () throws(Status) in
                try body(context, payload)
            }
            if !isAnswered { self.start(call, context, .unary(fallback)) }
        case .unary(let body): self.start(call, context, .unary(body))
        case .serverStreaming(let body): self.start(call, context, .serverStreaming(body))
        }
    }

    /// Answers in place, unless the method says it cannot.
    @inline(__always)
    @discardableResult
    private func answer(_ stream: StreamID, _ body: () throws(Status) -> Payload?) -> Bool {
        do throws(Status) {
            guard let payload = try body() else { return false }

            if let status = ServerStream.refusal(responseTo: payload.count) { throw status }
            FrameEncoder.writeResponse(stream, payload: payload, into: &self.outbox.buffer)
        } catch {
            self.reject(stream, error)
        }
        return true
    }

    private func start(
        _ call: ServerConnection.Call,
        _ context: CallContext,
        _ body: CallTasks.Body
    ) {
        switch self.connection.begin(call.stream, body.shape) {
        case .run: self.tasks.start(call, context, for: self, body)
        case .reject(let status): self.reject(call.stream, status)
        }
    }

    /// A call's handler came to its end.
    func callEnded(_ stream: StreamID, _ outcome: CallTasks.Outcome) {
        self.tasks.ended(stream)
        switch (self.connection.handlerEnded(stream, outcome.withoutPayload), outcome) {
        case (.writeResponse, .answered(let payload)):
            FrameEncoder.writeResponse(stream, payload: payload, into: &self.outbox.buffer)
        case (.writeEnd, _): FrameEncoder.writeEnd(stream, into: &self.outbox.buffer)
        case (.reject(let status), _): self.reject(stream, status)
        case (.ignore, _), (.writeResponse, _): break
        }
        guard self.state != .gone else {
            if self.tasks.isEmpty { self.onEnded() }
            return
        }
        self.flushSoon()
    }

    /// A call's deadline passed before its handler ended.
    func deadlinePassed(_ stream: StreamID) {
        switch self.connection.deadlinePassed(stream) {
        case .abort(let status):
            self.reject(stream, status)
            self.stop(stream)
            self.flushSoon()
        case .ignore: break
        }
    }

    private func reject(_ stream: StreamID, _ status: Status) {
        FrameEncoder.writeResponse(stream, status: status.sendable, into: &self.outbox.buffer)
    }

    private func stop(_ stream: StreamID) {
        self.senders.release(stream)
        self.tasks.cancel(stream)
    }

    // MARK: Streams

    /// Writes a message now, or when those before it have gone out.
    func send(_ payload: Payload, on stream: StreamID, _ room: WaitingSenders.Room) {
        guard let context = self.context, context.channel.isActive else {
            room.resume(returning: .failure(Status(.cancelled, "the connection is closed")))
            return
        }
        if self.outbox.buffer.readableBytes >= self.limits.outboundBytesLow {
            self.flush(context)
        }
        guard context.channel.isWritable, self.senders.isEmpty else {
            self.senders.append(.init(stream: stream, payload: payload, room: room))
            return
        }

        room.resume(returning: self.write(payload, on: stream))
        self.flushSoon()
    }

    /// Writes for those who wait, one write each, until the peer's side is full again.
    private func wakeSenders(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, let sender = self.senders.popFirst() {
            sender.room.resume(returning: self.write(sender.payload, on: sender.stream))
            self.flush(context)
        }
    }

    private func write(_ payload: Payload, on stream: StreamID) -> Result<Void, Status> {
        switch self.connection.send(stream, payloadBytes: payload.count) {
        case .write:
            FrameEncoder.writeData(stream, payload: payload, into: &self.outbox.buffer)
            return .success(())
        case .fail(let status): return .failure(status)
        }
    }

    /// Lets go of a handler that waits for room it no longer needs.
    func release(_ stream: StreamID) {
        self.senders.release(stream)
    }

    // MARK: Writing and closing

    private var isServing: Bool { self.state == .open || self.state == .paused }

    private func flush(_ context: ChannelHandlerContext) {
        guard let bytes = self.outbox.take() else { return }

        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        self.outbox.reuse(bytes)
    }

    /// Writes at the end of this loop tick what tasks have answered by then.
    private func flushSoon() {
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
    private func settle(_ context: ChannelHandlerContext) {
        guard self.state == .open, self.turn == .idle else { return }

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
                return context.close(promise: nil)
            }
            self.watchWrites(context)
        }
    }

    private func closeAfterWrites(_ context: ChannelHandlerContext) {
        self.state = .closing
        self.inbox.clear()
        self.flush(context)
        self.watchWrites(context)
        context.closeAfterWrites(on: self.loop)
    }
}
