internal import NIOCore
internal import TTRPC

// Calls: from a request to the end of its handler.

extension ServerHandler {
    func run(_ call: ServerConnection.Call) {
        let entry: MethodCache.Entry
        do { entry = try self.methods.entry(for: call.request) } catch {
            return self.refuse(call.stream, error, call.request.metadata)
        }

        let context = entry.context(of: call, from: self.peer, self.mark, by: self.number)
        let payload = call.request.payload
        switch entry.handler {
        case .inPlace(let body):
            self.answer(call) { () throws(Status) in try body(context, payload) }
        case .inPlaceOrTask(let body, let fallback):
            let isAnswered = self.answer(call) { () throws(Status) in
                try body(context, payload)
            }
            if !isAnswered { self.start(call, context, .unary(fallback)) }
        case .unary(let body): self.start(call, context, .unary(body))
        case .serverStreaming(let body): self.start(call, context, .serverStreaming(body))
        case .clientStreaming(let body): self.start(call, context, .clientStreaming(body))
        case .bidirectional(let body): self.start(call, context, .bidirectional(body))
        }
    }

    /// Answers in place, unless the method says it cannot.
    @inline(__always)
    @discardableResult
    func answer(
        _ call: ServerConnection.Call,
        _ body: () throws(Status) -> Payload?
    ) -> Bool {
        do throws(Status) {
            guard let payload = try body() else { return false }

            if let status = ServerStream.refusal(responseTo: payload.count) { throw status }
            FrameEncoder.writeResponse(call.stream, payload: payload, into: &self.outbox.buffer)
        } catch {
            self.reject(call.stream, error, call.request.metadata)
        }
        return true
    }

    func start(
        _ call: ServerConnection.Call,
        _ context: CallContext,
        _ body: CallTasks.Body
    ) {
        switch self.connection.begin(call, body.shape) {
        case .run:
            if body.shape.takesMessages { self.openMailbox(call, body.shape) }
            self.tasks.start(call, context, for: self, body)
        case .reject(let status): self.reject(call.stream, status, call.request.metadata)
        }
    }

    /// A call's handler came to its end.
    func callEnded(_ stream: StreamID, _ outcome: CallTasks.Outcome) {
        let metadata = self.tasks.metadata(of: stream)
        self.tasks.ended(stream)
        self.dropMailbox(stream)
        switch (self.connection.handlerEnded(stream, outcome.withoutPayload), outcome) {
        case (.writeResponse, .answered(let payload)):
            FrameEncoder.writeResponse(stream, payload: payload, into: &self.outbox.buffer)
        case (.writeEnd, _): FrameEncoder.writeEnd(stream, into: &self.outbox.buffer)
        case (.reject(let status), _): self.reject(stream, status, metadata)
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
        self.perform(self.connection.deadlinePassed(stream), of: stream)
    }

    func perform(_ action: ServerConnection.OnTimeout, of stream: StreamID) {
        switch action {
        case .abort(let status):
            self.reject(stream, status, self.tasks.metadata(of: stream))
            self.stop(stream)
            self.flushSoon()
        case .ignore: break
        }
    }

    func reject(_ stream: StreamID, _ status: Status, _ metadata: Metadata) {
        if status.code == .unauthenticated { self.refusedStranger() }
        if status.code == .resourceExhausted { self.refusedTooMany() }
        let origin = CallOrigin(connection: self.number, stream)
        let named = self.naming(status, origin, metadata)
        FrameEncoder.writeResponse(stream, status: named.sendable, into: &self.outbox.buffer)
    }

    /// Leaves the connection unread for a while once it was refused too often: a flood costs no
    /// more than that many refusals, and who comes by other connections does not wait behind it.
    private func refusedTooMany() {
        let now = MonotonicInstant(nanoseconds: self.loop.now.uptimeNanoseconds)
        guard !self.refusals.spend(now: now), !self.isHushed else { return }

        self.onProtocolError(.tooManyRefusals)
        self.isHushed = true
        self.timers.start(.hush, after: self.limits.time(.hush), on: self.loop) {
            self.isHushed = false
            guard self.state == .open, let context = self.context else { return }

            self.turn = .reading
            self.takeFrames(context)
            self.endBurst(context)
            self.read(context: context)
        }
    }

    /// Ends the connection once its address has tried too often; what is owed is written first.
    private func refusedStranger() {
        let now = MonotonicInstant(nanoseconds: self.loop.now.uptimeNanoseconds)
        guard !self.strangers.mayGoOn(self.address, now: now) else { return }

        self.onProtocolError(.tooManyStrangers)
        self.isUnwelcome = true
    }

    func stop(_ stream: StreamID) {
        self.senders.release(stream)
        self.dropMailbox(stream)
        self.tasks.cancel(stream)
    }
}
