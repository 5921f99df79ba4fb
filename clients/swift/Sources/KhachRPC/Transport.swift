package import TTRPC

/// The connection under a client: bytes of one message out, bytes of one message back.
///
/// Knows nothing of what the bytes say, so that a test can answer instead of a server.
package struct Transport: Sendable {
    /// Gives the next message of a stream, `nil` at its end.
    package typealias Next = @Sendable () async throws(Status) -> Payload?

    /// Makes one unary call: service, method, request and how long to wait (`nil`: for ever).
    package var call: @Sendable (String, String, Payload, Duration?) async throws(Status) -> Payload
    /// Begins a call that is answered with a stream.
    package var stream: @Sendable (String, String, Payload, Duration?) async throws(Status) -> Next
    /// Ends the connection; calls under way fail.
    package var close: @Sendable () async -> Void

    package init(
        call:
            @escaping @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> Payload,
        stream:
            @escaping @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> Next = { (service, method, _, _) async throws(Status) -> Next in
                throw Status(.unimplemented, "a stream of \(service)/\(method) expected")
            },
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.call = call
        self.stream = stream
        self.close = close
    }
}
