package import TTRPC

/// The connection under a client: bytes of one message out, bytes of one message back.
///
/// Knows nothing of what the bytes say, so that a test can answer instead of a server.
package struct Transport: Sendable {
    /// Makes one unary call: service, method, request and how long to wait (`nil`: for ever).
    package var call: @Sendable (String, String, Payload, Duration?) async throws(Status) -> Payload
    /// Begins a call that is answered with a stream; what it gives yields the next message, `nil`
    /// at the end.
    package var stream:
        @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> @Sendable () async throws(Status) -> Payload?
    /// Ends the connection; calls under way fail.
    package var close: @Sendable () async -> Void

    package init(
        call:
            @escaping @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> Payload,
        stream:
            @escaping @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> @Sendable () async throws(Status) -> Payload? = Self.noStream,
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.call = call
        self.stream = stream
        self.close = close
    }

    /// A transport that streams nothing.
    package static let noStream:
        @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> @Sendable () async throws(Status) -> Payload? = {
                (service, method, _, _) async throws(Status)
                    -> @Sendable () async throws(Status) -> Payload? in
                throw Status(.unimplemented, "a stream of \(service)/\(method) expected, none found")
            }
}
