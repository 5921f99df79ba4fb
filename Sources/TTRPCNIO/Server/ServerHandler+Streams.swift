internal import NIOCore
internal import TTRPC

// What streaming handlers send, and what is sent to them.

extension ServerHandler {
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
    func wakeSenders(_ context: ChannelHandlerContext) {
        while context.channel.isWritable, let sender = self.senders.popFirst() {
            sender.room.resume(returning: self.write(sender.payload, on: sender.stream))
            self.flush(context)
        }
    }

    func write(_ payload: Payload, on stream: StreamID) -> Result<Void, Status> {
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

    // MARK: Towards the handler

    func openMailbox(_ call: ServerConnection.Call, _ shape: ServerStream.Shape) {
        self.mailboxes.open(call.stream, self.limits)
        self.mailboxes.update(call.stream) { box in
            if let first = call.firstMessage(shape) { box.deliver(first) }
            if call.isInputClosed { box.end(.success(nil)) }
        }
    }

    func deliver(_ arrival: ServerConnection.Arrival, on stream: StreamID) {
        self.mailboxes.update(stream) { box in
            switch arrival {
            case .message(let payload): box.deliver(payload)
            case .lastMessage(let payload):
                box.deliver(payload)
                box.end(.success(nil))
            case .end: box.end(.success(nil))
            }
        }
    }

    /// Gives a handler its caller's next message, now or when it comes.
    func next(on stream: StreamID, _ next: StreamMailbox.Next) {
        let over = CallFailure.status(Status(.cancelled, "the call is over"))
        self.mailboxes.read(stream, next, otherwise: .failure(over))
        self.readOn()
    }

    /// Lets go of a reader that waits no longer.
    func releaseReader(of stream: StreamID) {
        self.mailboxes.update(stream) { $0.release() }
    }

    func dropMailbox(_ stream: StreamID) {
        self.mailboxes.drop(stream, .status(Status(.cancelled, "the call is over")))
        self.readOn()
    }

    /// A mailbox is full: nothing is read until its handler reads, or has not for too long.
    func awaitReader() {
        self.state = .paused
        self.timers.start(.unread, after: self.limits.time(.unread), on: self.loop) {
            for stream in self.mailboxes.full {
                self.perform(self.connection.inputUnread(stream), of: stream)
            }
        }
    }

    /// Goes on with what came while a mailbox was full, at the end of this tick.
    private func readOn() {
        guard self.state == .paused, !self.mailboxes.isFull else { return }

        self.timers.cancel(.unread)
        self.loop.assumeIsolated().execute {
            guard self.state == .paused, !self.mailboxes.isFull, let context = self.context,
                context.channel.isWritable
            else { return }

            self.state = .open
            self.turn = .reading
            self.takeFrames(context)
            self.endBurst(context)
            self.read(context: context)
        }
    }
}
