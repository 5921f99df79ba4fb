internal import NIOCore
internal import TTRPC

/// The messages of one stream that came and were not read yet.
final class StreamMailbox {
    private enum State {
        case open
        /// Who reads is ahead of what came.
        case awaited(ClientHandler.Next)
        /// What came may still be read; then this.
        case ending(Result<Payload?, Status>)
        case over
    }

    private let limits: Limits
    private var state = State.open
    private var messages = CircularBuffer<Payload>()
    private var bytesCount = 0

    init(limits: Limits) {
        self.limits = limits
    }

    /// Whether reading from the socket should stop until messages are read from here.
    var isFull: Bool {
        self.messages.count >= self.limits.bufferedMessagesMax
            || self.bytesCount >= self.limits.bufferedBytesMax
    }

    /// Whether the end was read too.
    var isOver: Bool {
        if case .over = self.state { true } else { false }
    }

    func received(_ news: ClientStream.OnFrame) {
        switch news {
        case .deliver(let payload): self.deliver(payload)
        case .deliverLast(let payload):
            self.deliver(payload)
            self.end(.success(nil))
        case .end: self.end(.success(nil))
        case .fail(let status): self.end(.failure(status))
        case .complete: preconditionFailure("a stream does not complete as a unary call does")
        }
    }

    func read(_ next: ClientHandler.Next) {
        if let message = self.messages.popFirst() {
            self.bytesCount -= message.count
            next.resume(returning: .success(message))
            return
        }
        switch self.state {
        case .open: self.state = .awaited(next)
        case .awaited: preconditionFailure("a stream has one reader")
        case .ending(let result):
            self.state = .over
            next.resume(returning: result)
        case .over: next.resume(returning: .success(nil))
        }
    }

    private func deliver(_ payload: Payload) {
        if case .awaited(let next) = self.state {
            self.state = .open
            next.resume(returning: .success(payload))
        } else {
            self.messages.append(payload)
            self.bytesCount += payload.count
        }
    }

    private func end(_ result: Result<Payload?, Status>) {
        switch self.state {
        case .open: self.state = .ending(result)
        case .awaited(let next):
            self.state = .over
            next.resume(returning: result)
        case .ending, .over: break
        }
    }
}
