internal import NIOCore
internal import TTRPC

/// Why nothing more comes of a call.
enum CallFailure: Error {
    case status(Status)
    /// The server leaves and has not begun it: it may be made again, over another connection.
    case notBegun

    /// What a caller is told that cannot make its call again.
    var status: Status {
        switch self {
        case .status(let status): status
        case .notBegun: Status(.unavailable, "the server leaves, and has not begun this call")
        }
    }
}

/// The messages of one stream that came and were not read yet.
final class StreamMailbox {
    typealias Next = CheckedContinuation<Result<Payload?, CallFailure>, Never>

    private enum State {
        case open
        /// Who reads is ahead of what came.
        case awaited(Next)
        /// What came may still be read; then this.
        case ending(Result<Payload?, CallFailure>)
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

    func read(_ next: Next) {
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

    func deliver(_ payload: Payload) {
        if case .awaited(let next) = self.state {
            self.state = .open
            next.resume(returning: .success(payload))
        } else {
            self.messages.append(payload)
            self.bytesCount += payload.count
        }
    }

    func end(_ result: Result<Payload?, CallFailure>) {
        switch self.state {
        case .open: self.state = .ending(result)
        case .awaited(let next):
            self.state = .over
            next.resume(returning: result)
        case .ending, .over: break
        }
    }

    /// Whoever waits for a message waits no longer; the stream is as it was.
    func release() {
        guard case .awaited(let next) = self.state else { return }

        self.state = .open
        next.resume(returning: .failure(.status(Status(.cancelled, "the reader was cancelled"))))
    }

    /// Nothing of what came is to be read any more.
    func discard(_ failure: CallFailure) {
        self.messages.removeAll()
        self.bytesCount = 0
        self.end(.failure(failure))
    }
}

/// The mailboxes of one connection, and whether it may be read.
struct Mailboxes {
    private var boxes: [StreamID: StreamMailbox] = [:]
    private var fullCount = 0

    /// Whether one is full: then the connection is not read until its messages are.
    var isFull: Bool { self.fullCount > 0 }

    /// The streams whose mailboxes are full.
    var full: [StreamID] { self.boxes.filter { $0.value.isFull }.keys.sorted() }

    mutating func open(_ stream: StreamID, _ limits: Limits) {
        self.boxes[stream] = StreamMailbox(limits: limits)
    }

    /// Changes a mailbox, if the stream has one.
    mutating func update(_ stream: StreamID, _ body: (StreamMailbox) -> Void) {
        guard let box = self.boxes[stream] else { return }

        let wasFull = box.isFull
        body(box)
        self.fullCount += (box.isFull ? 1 : 0) - (wasFull ? 1 : 0)
    }

    /// Gives the next message, now or when it comes; `otherwise` where there is no such stream.
    mutating func read(
        _ stream: StreamID,
        _ next: StreamMailbox.Next,
        otherwise: Result<Payload?, CallFailure>
    ) {
        guard self.boxes[stream] != nil else { return next.resume(returning: otherwise) }

        self.update(stream) { $0.read(next) }  // one that was read to its end stays, and says so
    }

    /// Nobody will read this stream any more.
    mutating func drop(_ stream: StreamID, _ failure: CallFailure) {
        self.update(stream) { $0.discard(failure) }
        self.boxes[stream] = nil
    }

    mutating func dropAll(_ failure: CallFailure) {
        for stream in Array(self.boxes.keys) { self.drop(stream, failure) }
    }
}
