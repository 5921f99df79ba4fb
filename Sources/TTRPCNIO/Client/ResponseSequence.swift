internal import Synchronization
package import TTRPC

/// The messages of one stream from a server, in order, for one reader.
///
/// Ends when the server ends the stream, throws its status otherwise. Letting go of it, or
/// cancelling the task that reads it, abandons the call. At most `Limits.bufferedMessagesMax`
/// messages wait unread; then the connection is not read any further, so read a stream or drop it.
package struct ResponseSequence: AsyncSequence, Sendable {
    package typealias Element = Payload
    package typealias Failure = Status

    /// Begins the call anew, when the server of this connection left before it began.
    typealias Reopen = @Sendable (Link) async throws(Status) -> OpenStream

    private let subscription: Subscription

    init(_ stream: OpenStream, reopen: Reopen? = nil) {
        self.subscription = Subscription(stream, reopen)
    }

    /// The next message, `nil` at the end: for one reader that is not a loop.
    package func next() async throws(Status) -> Payload? {
        try await self.subscription.next()
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(subscription: self.subscription)
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let subscription: Subscription

        package mutating func next() async throws(Status) -> Payload? {
            try await self.subscription.next()
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(Status) -> Payload? {
            try await self.subscription.next()
        }
    }

    /// Abandons the call when nobody can read it any more.
    fileprivate final class Subscription: Sendable {
        private let stream: Mutex<OpenStream>
        private let reopen: Reopen?

        init(_ stream: OpenStream, _ reopen: Reopen?) {
            self.stream = Mutex(stream)
            self.reopen = reopen
        }

        deinit {
            self.stream.withLock(\.self).drop()
        }

        func next() async throws(Status) -> Payload? {
            for _ in 0..<Client.attemptsMax {
                let stream = self.stream.withLock(\.self)
                switch await stream.next() {
                case .success(let payload): return payload
                case .failure(.notBegun):
                    guard let reopen = self.reopen else { throw CallFailure.notBegun.status }

                    let anew = try await reopen(stream.link)
                    stream.drop()
                    self.stream.withLock { $0 = anew }
                case .failure(let failure): throw failure.status
                }
            }
            throw CallFailure.notBegun.status
        }
    }
}

/// Where a caller puts its messages.
package struct RequestSink: Sendable {
    let stream: OpenStream

    /// Sends one message; returns when there is room for the next.
    ///
    /// Throws `cancelled` once the call is over: what it came to is for whoever reads its answer.
    package func send(_ payload: Payload) async throws(Status) {
        try await self.stream.send(payload).get()
    }

    /// Says that this was all.
    package func finish() {
        self.stream.finish()
    }
}

/// A call that takes a stream and answers once.
package struct CollectedCall: Sendable {
    package let requests: RequestSink
    let responses: ResponseSequence

    /// Says that this was all, and waits for the answer; once.
    package func response() async throws(Status) -> Payload {
        self.requests.finish()
        guard let payload = try await self.responses.next() else {
            throw Status(.internal, "one answer expected, none found")
        }

        return payload
    }
}

/// A call that takes a stream and answers with one; either side may end first.
package struct ConversedCall: Sendable {
    package let requests: RequestSink
    package let responses: ResponseSequence
}
