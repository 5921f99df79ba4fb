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

    typealias Reply = CheckedContinuation<Result<Payload, Status>, Never>
    typealias Opened = CheckedContinuation<Result<StreamID, Status>, Never>
    typealias Next = CheckedContinuation<Result<Payload?, Status>, Never>

    /// What a caller asks for, encoded before it comes to the loop.
    struct Request: Sendable {
        var body: ByteBuffer
        var deadline: NIODeadline?
        var ticket: CallTicket
    }

    private enum Waiter {
        case unary(Reply, CallTicket)
        case stream
    }

    private let limits: Limits
    private var connection = ClientConnection()
    private var inbox = Inbox()
    private var outbox = Outbox()
    private var timers = Timers()
    private var waiters: [StreamID: Waiter] = [:]
    private var deadlines: [StreamID: Scheduled<Void>] = [:]
    private var mailboxes: [StreamID: StreamMailbox] = [:]
    private var fullMailboxesCount = 0
    private var context: ChannelHandlerContext?
    private var isFlushScheduled = false
    private var isReadHeld = false

    init(limits: Limits) {
        self.limits = limits
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
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
    }

    func read(context: ChannelHandlerContext) {
        if self.fullMailboxesCount > 0 {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard !context.channel.isWritable else { return self.timers.cancel(.stalledWrite) }

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
        case .success(let stream): self.waiters[stream] = .unary(reply, request.ticket)
        case .failure(let status): reply.resume(returning: .failure(status))
        }
    }

    func openStream(_ request: Request, _ opened: Opened) {
        let outcome = self.open(.serverStreaming, request)
        if case .success(let stream) = outcome {
            self.waiters[stream] = .stream
            self.mailboxes[stream] = StreamMailbox(limits: self.limits)
        }
        opened.resume(returning: outcome)
    }

    /// Gives the next message of a stream, now or when it comes.
    func next(_ stream: StreamID, _ next: Next) {
        guard let mailbox = self.mailboxes[stream] else {
            next.resume(returning: .success(nil))  // read to its end, or abandoned
            return
        }

        let wasFull = mailbox.isFull
        mailbox.read(next)
        if wasFull, !mailbox.isFull { self.mailboxEmptied() }
        if mailbox.isOver { self.mailboxes[stream] = nil }
    }

    /// The caller waits no longer.
    func cancel(_ ticket: CallTicket) {
        guard let stream = ticket.stream else { return }  // not begun: `open` looks at the ticket

        self.abandon(stream, Status(.cancelled, "the caller waits no longer"))
    }

    /// Whoever waits for this call is told `status`; what comes for it later is ignored.
    func abandon(_ stream: StreamID, _ status: Status) {
        self.connection.abandon(stream)
        self.tell(stream, .fail(status))
    }

    /// Nobody will read this stream any more.
    func drop(_ stream: StreamID) {
        self.abandon(stream, Status(.cancelled, "the caller waits no longer"))
        guard let mailbox = self.mailboxes.removeValue(forKey: stream) else { return }

        if mailbox.isFull { self.mailboxEmptied() }
    }

    // MARK: Doing it

    private func open(
        _ shape: ClientStream.Shape,
        _ request: Request
    ) -> Result<StreamID, Status> {
        guard !request.ticket.isCancelled else {
            return .failure(Status(.cancelled, "the caller waits no longer"))
        }
        guard let context = self.context, context.channel.isActive else {
            return .failure(Status(.unavailable, "the connection is closed"))
        }

        switch self.connection.open(shape, requestBytes: request.body.readableBytes) {
        case .fail(let status): return .failure(status)
        case .write(let stream):
            request.ticket.stream = stream
            let flags: Frame.Flags = shape == .serverStreaming ? .remoteClosed : []
            let frame = Frame(stream: stream, kind: .request, flags: flags, body: request.body)
            FrameEncoder.write(frame, into: &self.outbox.buffer)
            self.flushSoon(context)
            if let deadline = request.deadline {
                self.deadlines[stream] = context.eventLoop.assumeIsolated().scheduleTask(
                    deadline: deadline
                ) {
                    let status = Status(.deadlineExceeded, "context deadline exceeded")
                    self.abandon(stream, status)
                }
            }
            return .success(stream)
        }
    }

    private func perform(_ action: ClientConnection.OnFrame) {
        switch action {
        case .tell(let stream, let news): self.tell(stream, news)
        case .ignore: break
        }
    }

    private func tell(_ stream: StreamID, _ news: ClientStream.OnFrame) {
        if ClientStream.isTerminal(news) {
            self.deadlines.removeValue(forKey: stream)?.cancel()
            guard let waiter = self.waiters.removeValue(forKey: stream) else { return }

            if case .unary(let reply, _) = waiter {
                switch news {
                case .complete(let payload): reply.resume(returning: .success(payload))
                case .fail(let status): reply.resume(returning: .failure(status))
                case .deliver, .deliverLast, .end:
                    preconditionFailure("a unary call completes or fails")
                }
                return
            }
        }
        guard let mailbox = self.mailboxes[stream] else { return }

        let wasFull = mailbox.isFull
        mailbox.received(news)
        if !wasFull, mailbox.isFull { self.fullMailboxesCount += 1 }
        if mailbox.isOver { self.mailboxes[stream] = nil }
    }

    private func mailboxEmptied() {
        self.fullMailboxesCount -= 1
        guard self.fullMailboxesCount == 0, self.isReadHeld else { return }

        self.isReadHeld = false
        self.context?.read()
    }

    private func lose(_ reason: String) {
        let status = Status(.unavailable, reason)
        for stream in self.connection.closed(status) { self.tell(stream, .fail(status)) }
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard let bytes = self.outbox.take() else { return }

        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        self.outbox.reuse(bytes)
    }

    private func flushSoon(_ context: ChannelHandlerContext) {
        guard !self.isFlushScheduled else { return }

        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            guard let context = self.context else { return }

            self.flush(context)
        }
    }
}
