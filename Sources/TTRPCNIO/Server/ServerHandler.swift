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
    private let onEnded: () -> Void
    private var connection: ServerConnection
    private var methods: MethodCache
    private var inbox = Inbox()
    private var outbox = Outbox()
    private var senders = WaitingSenders()
    private var timers = Timers()
    private var context: ChannelHandlerContext?
    /// When the frame that is incomplete now began, or when a whole one last came.
    private var frameBegan: NIODeadline
    private var latestRequest: NIODeadline
    private var isInBurst = false
    private var isFlushScheduled = false
    private var isPaused = false
    private var isReadHeld = false
    private var isClosing = false
    private var isGone = false
    private var hasWaitedQuietly = false

    init(
        methods: MethodTable,
        limits: Limits,
        on loop: any EventLoop,
        onEnded: @escaping () -> Void
    ) {
        self.limits = limits
        self.tasks = CallTasks(on: loop)
        self.onEnded = onEnded
        self.connection = ServerConnection(limits: limits)
        self.methods = MethodCache(methods)
        self.loop = loop
        self.frameBegan = loop.now
        self.latestRequest = loop.now
    }

    // MARK: What the channel says

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isInBurst = true
        self.inbox.append(self.unwrapInboundIn(data))
        self.takeFrames(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.endBurst(context)
    }

    func read(context: ChannelHandlerContext) {
        if self.isPaused || !context.channel.isWritable {
            self.isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else {
            let limit = self.limits.stalledWriteMillisecondsMax
            return self.timers.close(context, .stalledWrite, milliseconds: limit)
        }

        self.timers.cancel(.stalledWrite)
        while context.channel.isWritable, let sender = self.senders.popFirst() {
            self.isInBurst = true
            sender.room.resume(returning: self.write(sender.payload, on: sender.stream))
            self.outbox.flush(to: context)
        }
        if self.isPaused, context.channel.isWritable {
            self.isPaused = false
            self.isInBurst = true
            self.takeFrames(context)
        }
        self.endBurst(context)
        if self.isReadHeld, !self.isPaused, context.channel.isWritable {
            self.isReadHeld = false
            context.read()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is Drain:
            self.connection.drain()
            self.settle(context)
        case ChannelEvent.inputClosed:
            self.connection.peerClosed()
            let limit = self.limits.halfClosedMillisecondsMax
            self.timers.close(context, .halfClosed, milliseconds: limit)
            self.settle(context)
        default: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.closed()
        self.timers.cancelAll()
        self.senders.releaseAll()
        self.isGone = true
        self.tasks.cancelAll()
        if self.tasks.isEmpty { self.onEnded() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)  // the socket failed; there is nobody to tell
    }

    // MARK: Frames

    private func takeFrames(_ context: ChannelHandlerContext) {
        let now = self.loop.now
        while self.hasRoom(context), let output = self.inbox.next() {
            self.frameBegan = now
            switch output {
            case .frame(let frame):
                let instant = MonotonicInstant(nanoseconds: now.uptimeNanoseconds)
                self.perform(self.connection.received(frame, now: instant), now)
            case .oversized(let stream, let length):
                self.perform(self.connection.receivedOversized(stream, length: length), now)
            case .malformed:
                self.isClosing = true
                context.close(promise: nil)
                return
            }
        }
    }

    /// Whether more may be answered; writes out what has gathered when it is much.
    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        guard self.outbox.buffer.readableBytes >= self.limits.outboundBytesLow else {
            return !self.isPaused
        }

        self.outbox.flush(to: context)
        self.isPaused = !context.channel.isWritable
        return !self.isPaused
    }

    private func perform(_ action: ServerConnection.OnFrame, _ now: NIODeadline) {
        switch action {
        case .call(let call):
            self.latestRequest = now
            self.run(call)
        case .reject(let stream, let status):
            self.latestRequest = now
            self.reject(stream, status)
        case .abort(let stream, let status):
            self.reject(stream, status)
            self.stop(stream)
        case .ignore: break
        }
    }

    private func endBurst(_ context: ChannelHandlerContext) {
        self.isInBurst = false
        self.outbox.flush(to: context)
        if self.inbox.isMidFrame, !self.timers.isRunning(.frame), !self.isPaused {
            self.watchFrame(context, for: self.frameTimeMax)
        }
        self.settle(context)
    }

    /// Closes when one frame takes too long; looks again when another has begun meanwhile.
    private func watchFrame(_ context: ChannelHandlerContext, for time: TimeAmount) {
        self.timers.start(.frame, after: time, on: self.loop) {
            guard self.inbox.isMidFrame, !self.isPaused else { return }

            let passed = self.loop.now - self.frameBegan
            if passed >= self.frameTimeMax { return context.close(promise: nil) }
            self.watchFrame(context, for: self.frameTimeMax - passed)
        }
    }

    private var frameTimeMax: TimeAmount {
        .milliseconds(Int64(self.limits.frameMillisecondsMax))
    }

    // MARK: Calls

    private func run(_ call: ServerConnection.Call) {
        let entry: MethodCache.Entry
        do {
            entry = try self.methods.entry(for: call.request)
        } catch {
            return self.reject(call.stream, error)
        }

        let context = CallContext(
            service: entry.service, method: entry.method, metadata: call.request.metadata,
            deadline: call.deadline)
        let payload = call.request.payload
        switch entry.handler {
        case .inPlace(let body):
            self.answer(call.stream) { () throws(Status) in try body(context, payload) }
        case .inPlaceOrTask(let body, let fallback):
            let isAnswered = self.answer(call.stream) { () throws(Status) in
                try body(context, payload)
            }
            if !isAnswered { self.runUnary(call, context, fallback) }
        case .unary(let body): self.runUnary(call, context, body)
        case .serverStreaming(let body): self.runStreaming(call, context, body)
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
            self.reject(stream, error.sendable)
        }
        return true
    }

    private func runUnary(
        _ call: ServerConnection.Call,
        _ context: CallContext,
        _ body: @escaping MethodTable.UnaryBody
    ) {
        guard self.begin(call.stream, .unary) else { return }

        let payload = call.request.payload
        self.tasks.start(call.stream, deadline: call.deadline, for: self) {
            do throws(Status) {
                return .answered(try await body(context, payload))
            } catch {
                return .failed(error)
            }
        }
    }

    private func runStreaming(
        _ call: ServerConnection.Call,
        _ context: CallContext,
        _ body: @escaping MethodTable.StreamingBody
    ) {
        guard self.begin(call.stream, .serverStreaming) else { return }

        let payload = call.request.payload
        let responses = ResponseStream(on: call.stream, of: self, loop: self.loop)
        self.tasks.start(call.stream, deadline: call.deadline, for: self) {
            do throws(Status) {
                try await body(context, payload, responses)
                return .finishedStream
            } catch {
                return .failed(error)
            }
        }
    }

    private func begin(_ stream: StreamID, _ shape: ServerStream.Shape) -> Bool {
        switch self.connection.begin(stream, shape) {
        case .run: return true
        case .reject(let status):
            self.reject(stream, status)
            return false
        }
    }

    /// A call's handler came to its end.
    func callEnded(_ stream: StreamID, _ outcome: CallTasks.Outcome) {
        self.tasks.ended(stream)
        let end: ServerStream.Outcome =
            switch outcome {
            case .answered(let payload): .answered(payloadBytes: payload.count)
            case .finishedStream: .finishedStream
            case .failed(let status): .failed(status)
            }
        switch (self.connection.handlerEnded(stream, end), outcome) {
        case (.writeResponse, .answered(let payload)):
            FrameEncoder.writeResponse(stream, payload: payload, into: &self.outbox.buffer)
        case (.writeEnd, _): FrameEncoder.writeEnd(stream, into: &self.outbox.buffer)
        case (.reject(let status), _):
            self.reject(stream, status)
        case (.ignore, _), (.writeResponse, _): break
        }
        guard !self.isGone else {
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
        FrameEncoder.writeResponse(stream, status: status, into: &self.outbox.buffer)
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
            self.outbox.flush(to: context)
        }
        guard context.channel.isWritable, self.senders.isEmpty else {
            self.senders.append(.init(stream: stream, payload: payload, room: room))
            return
        }

        room.resume(returning: self.write(payload, on: stream))
        self.flushSoon()
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

    /// Writes at the end of this loop tick what tasks have answered by then.
    private func flushSoon() {
        guard !self.isInBurst, !self.isFlushScheduled else { return }

        self.isFlushScheduled = true
        self.loop.assumeIsolated().execute {
            self.isFlushScheduled = false
            guard let context = self.context else { return }

            self.outbox.flush(to: context)
            self.settle(context)
        }
    }

    /// Closes the connection if it has done what it had to.
    private func settle(_ context: ChannelHandlerContext) {
        guard !self.isClosing, !self.isPaused, !self.isInBurst else { return }

        switch self.connection.onIdle {
        case .stay: break
        case .close: self.closeAfterWrites(context)
        case .closeAfterQuiet:
            guard !self.timers.isRunning(.drainQuiet) else { return }

            let quiet = TimeAmount.milliseconds(Int64(self.limits.drainQuietMilliseconds))
            let passed = self.loop.now - self.latestRequest
            guard passed < quiet || !self.hasWaitedQuietly else {
                self.closeAfterWrites(context)
                return
            }
            self.hasWaitedQuietly = true
            self.timers.start(.drainQuiet, after: quiet, on: self.loop) {
                self.settle(context)
            }
        }
    }

    private func closeAfterWrites(_ context: ChannelHandlerContext) {
        self.isClosing = true
        self.outbox.flush(to: context)
        let written = self.loop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
    }
}
