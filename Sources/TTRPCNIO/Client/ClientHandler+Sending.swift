internal import NIOCore
internal import TTRPC

// What callers that stream send.

extension ClientHandler {
    /// Writes a message now, or when those before it have gone out.
    func send(_ payload: Payload, on stream: StreamID, _ room: WaitingSenders.Room) {
        guard let context = self.context else {
            return room.resume(
                returning: .failure(Status(.unavailable, "the connection is closed"))
            )
        }
        guard context.channel.isWritable, self.senders.isEmpty else {
            return self.senders.append(.init(stream: stream, payload: payload, room: room))
        }

        room.resume(returning: self.write(payload, on: stream))
        self.flushSoon(context)
    }

    /// The caller has said all.
    func finish(_ stream: StreamID) {
        guard let context = self.context, self.connection.finish(stream) == .write else { return }

        FrameEncoder.writeEnd(stream, into: &self.outbox.buffer)
        self.flushSoon(context)
    }

    /// Lets go of a caller that waits for room it no longer needs.
    func release(_ stream: StreamID) {
        self.senders.release(stream)
    }

    /// Writes for those who wait, one write each, until the server's side is full again.
    func wakeSenders(_ context: ChannelHandlerContext) {
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
        case .ignore: return .failure(Status(.cancelled, "the call is over"))
        }
    }
}
