internal import NIOCore
package import TTRPC

/// The messages of one server stream, in order, for one reader.
///
/// Ends when the server ends the stream, throws its status otherwise. Letting go of it, or
/// cancelling the task that reads it, abandons the call. At most `Limits.bufferedMessagesMax`
/// messages wait unread; then the connection is not read any further, so read a stream or drop it.
package struct ResponseSequence: AsyncSequence, Sendable {
    package typealias Element = Payload
    package typealias Failure = Status

    private let subscription: Subscription

    init(stream: StreamID, handler: NIOLoopBound<ClientHandler>, loop: any EventLoop) {
        self.subscription = Subscription(stream: stream, handler: handler, loop: loop)
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
        private let stream: StreamID
        private let handler: NIOLoopBound<ClientHandler>
        private let loop: any EventLoop

        init(stream: StreamID, handler: NIOLoopBound<ClientHandler>, loop: any EventLoop) {
            self.stream = stream
            self.handler = handler
            self.loop = loop
        }

        deinit {
            let (stream, handler) = (self.stream, self.handler)
            self.loop.execute { handler.value.drop(stream) }
        }

        func next() async throws(Status) -> Payload? {
            let (stream, handler, loop) = (self.stream, self.handler, self.loop)
            let outcome: Result<Payload?, Status> = await withTaskCancellationHandler {
                await withCheckedContinuation { next in
                    loop.execute { handler.value.next(stream, next) }
                }
            } onCancel: {
                loop.execute {
                    let status = Status(.cancelled, "the caller waits no longer")
                    handler.value.abandon(stream, status)
                }
            }
            return try outcome.get()
        }
    }
}
