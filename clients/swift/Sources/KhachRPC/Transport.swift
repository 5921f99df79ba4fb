package import TTRPC

/// The connection under a client: bytes of one message out, bytes of one message back.
///
/// Knows nothing of what the bytes say, so that a test can answer instead of a server.
package struct Transport: Sendable {
    /// Makes one unary call: service, method, request, what is said beside it, and how long to
    /// wait (`nil`: for ever).
    package typealias Call =
        @Sendable (String, String, Payload, Metadata, Duration?) async throws(Status) -> Payload
    /// Gives the next message of a stream, `nil` at its end.
    package typealias Next = @Sendable () async throws(Status) -> Payload?
    /// Begins a call that is answered with a stream.
    package typealias Stream =
        @Sendable (String, String, Payload, Metadata, Duration?) async throws(Status) -> Next

    package var call: Call
    package var stream: Stream
    /// Ends the connection; calls under way fail.
    package var close: @Sendable () async -> Void

    package init(
        call: @escaping Call,
        stream: @escaping Stream = { (service, method, _, _, _) async throws(Status) -> Next in
            throw Status(.unimplemented, "a stream of \(service)/\(method) expected")
        },
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.call = call
        self.stream = stream
        self.close = close
    }
}
