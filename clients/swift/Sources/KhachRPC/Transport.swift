package import TTRPC

/// The connection under a client: bytes of one message out, bytes of one message back.
///
/// Knows nothing of what the bytes say, so that a test can answer instead of a server.
package struct Transport: Sendable {
    /// Makes one unary call: service, method, request and how long to wait (`nil`: for ever).
    package var call: @Sendable (String, String, Payload, Duration?) async throws(Status) -> Payload
    /// Ends the connection; calls under way fail.
    package var close: @Sendable () async -> Void

    package init(
        call:
            @escaping @Sendable (String, String, Payload, Duration?) async throws(Status)
            -> Payload,
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.call = call
        self.close = close
    }
}
