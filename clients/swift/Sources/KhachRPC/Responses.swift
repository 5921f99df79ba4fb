public import SwiftProtobuf
internal import TTRPC

/// The messages of a stream, in order, for one reader; it waits for whoever reads it.
///
/// Cancelling the task that reads, or letting go of the sequence, abandons the call.
public struct Responses<Response: Message>: AsyncSequence, Sendable {
    /// A message.
    public typealias Element = Response
    /// Why there are no more.
    public typealias Failure = RPCError

    private let next: @Sendable () async throws(Status) -> Payload?

    init(next: @escaping @Sendable () async throws(Status) -> Payload?) {
        self.next = next
    }

    /// Makes the iterator; one reader has one.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(nextPayload: self.next)
    }

    /// Reads the messages one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let nextPayload: @Sendable () async throws(Status) -> Payload?

        /// The next message, `nil` at the end of the stream.
        public mutating func next() async throws(RPCError) -> Response? {
            let payload: Payload?
            do {
                payload = try await self.nextPayload()
            } catch {
                throw RPCError(error)
            }
            guard let payload else { return nil }

            do {
                return try Response(serializedBytes: payload)
            } catch {
                throw RPCError(
                    .internal,
                    "a \(Response.protoMessageName) expected, \(error) found"
                )
            }
        }
    }
}
