internal import NIOCore
internal import TTRPC

/// One connection of a client: requests out, answers in, each to who waits for it.
///
/// Decides nothing about the protocol: every event goes to `ClientConnection`, and what that says
/// is done. All requests of one loop tick leave in one write.
final class ClientHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    typealias Reply = CheckedContinuation<Result<Payload, CallFailure>, Never>
    typealias Opened = CheckedContinuation<Result<StreamID, CallFailure>, Never>

    /// What a caller asks for, encoded before it comes to the loop.
    struct Request: Sendable {
        var body: ByteBuffer
        var deadline: NIODeadline?
        var ticket: CallTicket
    }

    private enum Waiter {
        case unary(Reply)
        case stream
    }

    let limits: Limits
    var connection: ClientConnection
    private var inbox = Inbox()
    var outbox = Outbox()
    var timers = Timers()
    private var waiters: [StreamID: Waiter] = [:]
    private var deadlines: [StreamID: Scheduled<Void>] = [:]
    var mailboxes = Mailboxes()
    /// Callers that stream faster than the server reads.
    var senders = WaitingSenders()
    var context: ChannelHandlerContext?
    private let keepalive: TimeAmount?
    private var latestHeard = NIODeadline.uptimeNanoseconds(0)
    private var isFlushScheduled = false
    private var isReadHeld = false

    /// `keepalive` is how long a call may be open in silence before the server is pinged.
    init(limits: Limits, keepalive: TimeAmount? = nil) {
        self.limits = limits
        self.keepalive = keepalive
        self.connection = ClientConnection(limits: limits)
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.latestHeard = context.eventLoop.now
        self.inbox.append(self.unwrapInboundIn(data))
        while let output = self.inbox.next() {
            switch output {
            case .frame(let frame): self.perform(self.connection.received(frame))
            case .oversized(let stream, let length):
                self.perform(self.connection.receivedOversized(stream, length: length))
            case .malformed(let byte):
                self.lose("a frame's first byte is \(byte), 0 expected")
                context.close(promise: nil)
            }
        }
        self.closeIfDone(context)
    }

    func read(context: ChannelHandlerContext) {
        if self.mailboxes.isFull {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard !context.channel.isWritable else {
            self.timers.cancel(.stalledWrite)
            return self.wakeSenders(context)
        }

        self.timers.close(context, .stalledWrite, self.limits)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timers.cancelAll()
        self.lose("the connection is closed")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.lose("the connection is lost: \(error)")
        context.close(promise: nil)
    }

    // MARK: What callers ask

    func call(_ request: Request, _ reply: Reply) {
        switch self.open(.unary, request) {
        case .success(let stream): self.waiters[stream] = .unary(reply)
        case .failure(let failure): reply.resume(returning: .failure(failure))
        }
    }

    func openStream(_ shape: ClientStream.Shape, _ request: Request, _ opened: Opened) {
        let outcome = self.open(shape, request)
        if case .success(let stream) = outcome {
            self.waiters[stream] = .stream
            self.mailboxes.open(stream, self.limits)
        }
        opened.resume(returning: outcome)
    }

    /// Gives the next message of a stream, now or when it comes.
    func next(_ stream: StreamID, _ next: StreamMailbox.Next) {
        self.mailboxes.read(stream, next, otherwise: .success(nil))
        self.readOn()
    }

    /// The caller waits no longer.
    func cancel(_ ticket: CallTicket) {
        guard let stream = ticket.stream else { return }  // not begun: `open` looks at the ticket

        self.abandon(stream, .cancelled)
    }

    /// Whoever waits for this call is told so, as is the server; what comes for it is ignored.
    func abandon(_ stream: StreamID, _ reason: Cancel.Reason) {
        let now = MonotonicInstant(nanoseconds: NIODeadline.now().uptimeNanoseconds)
        if let frame = self.connection.abandon(stream, reason, now: now), let context = self.context
        {
            FrameEncoder.write(frame, into: &self.outbox.buffer)
            self.flushSoon(context)
        }
        switch reason {
        case .cancelled: self.fail(stream, Status(.cancelled, "the caller waits no longer"))
        case .deadlineExceeded:
            self.fail(stream, Status(.deadlineExceeded, "context deadline exceeded"))
        }
    }

    /// Nobody will read this stream any more.
    func drop(_ stream: StreamID) {
        self.abandon(stream, .cancelled)
        self.mailboxes.drop(stream, .status(Status(.cancelled, "the caller waits no longer")))
        self.readOn()
    }

    // MARK: Doing it

    private func open(
        _ shape: ClientStream.Shape,
        _ request: Request
    ) -> Result<StreamID, CallFailure> {
        guard !request.ticket.isCancelled else {
            return .failure(.status(Status(.cancelled, "the caller waits no longer")))
        }

        switch self.connection.open(shape, requestBytes: request.body.readableBytes) {
        case .fail(let status): return .failure(.status(status))
        case .elsewhere: return .failure(.notBegun)
        case .write(let stream, let before):
            guard let context = self.context, context.channel.isActive else {
                return .failure(.status(Status(.unavailable, "the connection is closed")))
            }

            request.ticket.stream = stream
            for frame in before { FrameEncoder.write(frame, into: &self.outbox.buffer) }
            let flags = ClientStream.flags(shape)
            let frame = Frame(stream: stream, kind: .request, flags: flags, body: request.body)
            FrameEncoder.write(frame, into: &self.outbox.buffer)
            self.flushSoon(context)
            if let deadline = request.deadline {
                self.deadlines[stream] = context.eventLoop.assumeIsolated().scheduleTask(
                    deadline: deadline
                ) { self.abandon(stream, .deadlineExceeded) }
            }
            self.watchSilence(context)
            return .success(stream)
        }
    }

    private func perform(_ action: ClientConnection.OnFrame) {
        switch action {
        case .tell(let stream, let news): self.tell(stream, news)
        case .writeFirst(let frame):
            FrameEncoder.write(frame, into: &self.outbox.urgent)
            if let context = self.context { self.flushSoon(context) }
        case .notBegun(let streams): for stream in streams { self.end(stream, .notBegun) }
        case .ignore: break
        }
    }

    private func tell(_ stream: StreamID, _ news: ClientStream.OnFrame) {
        switch news {
        case .complete(let payload): self.complete(stream, payload)
        case .deliver(let payload): self.mailboxes.update(stream) { $0.deliver(payload) }
        case .deliverLast(let payload): self.complete(stream, payload)
        case .end: self.finish(stream) { $0.end(.success(nil)) }
        case .fail(let status): self.fail(stream, status)
        }
    }

    /// The last message of a call came, or its only one.
    private func complete(_ stream: StreamID, _ payload: Payload) {
        if case .unary(let reply) = self.waiters[stream] {
            reply.resume(returning: .success(payload))
        }
        self.finish(stream) { box in
            box.deliver(payload)
            box.end(.success(nil))
        }
    }

    private func fail(_ stream: StreamID, _ status: Status) {
        self.end(stream, .status(status))
    }

    private func end(_ stream: StreamID, _ failure: CallFailure) {
        if case .unary(let reply) = self.waiters[stream] {
            reply.resume(returning: .failure(failure))
        }
        self.finish(stream) { $0.end(.failure(failure)) }
    }

    private func finish(_ stream: StreamID, _ body: (StreamMailbox) -> Void) {
        guard self.waiters.removeValue(forKey: stream) != nil else { return }

        self.deadlines.removeValue(forKey: stream)?.cancel()
        self.senders.release(stream)
        self.mailboxes.update(stream, body)
    }

    /// Reads on if reading was held for a mailbox that has room now.
    private func readOn() {
        guard !self.mailboxes.isFull, self.isReadHeld else { return }

        self.isReadHeld = false
        self.context?.read()
    }

    private func lose(_ reason: String) {
        let status = Status(.unavailable, reason)
        for stream in self.connection.closed(status) { self.fail(stream, status) }
    }

    /// Closes a connection that begins no more calls and has none.
    private func closeIfDone(_ context: ChannelHandlerContext) {
        guard self.connection.isRetired, self.connection.openCallsCount == 0 else { return }

        context.close(promise: nil)
    }

    /// Pings a server that says nothing while calls are open; what has no answer is lost.
    private func watchSilence(_ context: ChannelHandlerContext) {
        guard let keepalive = self.keepalive, !self.timers.isRunning(.silence) else { return }

        // A server that asks for longer pauses than that has them, and a tenth more.
        let asked = Int64(self.connection.pingMillisecondsMin ?? 0)
        let pause = max(keepalive, .milliseconds(asked + asked / 10))
        let began = context.eventLoop.now
        self.timers.start(.silence, after: pause, on: context.eventLoop) {
            guard let context = self.context, self.connection.openCallsCount > 0 else { return }

            if self.latestHeard < began, let ping = self.connection.ping() {
                FrameEncoder.write(ping, into: &self.outbox.urgent)
                self.flushSoon(context)
                self.awaitAnswer(context)
            }
            self.watchSilence(context)
        }
    }

    private func awaitAnswer(_ context: ChannelHandlerContext) {
        guard !self.timers.isRunning(.pingAnswer) else { return }

        let asked = context.eventLoop.now
        self.timers.start(
            .pingAnswer,
            after: self.limits.time(.pingAnswer),
            on: context.eventLoop
        ) {
            guard self.latestHeard < asked else { return }

            self.lose("the server answers no ping")
            context.close(promise: nil)
        }
    }

    func flush(_ context: ChannelHandlerContext) {
        guard let bytes = self.outbox.take() else { return }

        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        self.outbox.reuse(bytes)
    }

    func flushSoon(_ context: ChannelHandlerContext) {
        guard !self.isFlushScheduled else { return }

        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            guard let context = self.context else { return }

            self.flush(context)
        }
    }
}
