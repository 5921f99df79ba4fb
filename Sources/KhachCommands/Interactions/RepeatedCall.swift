internal import KhachRPC

/// A call that is repeated while the server is unavailable.
///
/// For recording, which is safe to repeat: what was recorded by an attempt without a reply answers
/// DUPLICATE to the next, or is observed again.
enum RepeatedCall {
    private static let pauseMax = Duration.seconds(5)

    static func make<Response: Sendable>(
        retries: Int,
        pause: Duration = .milliseconds(200),
        _ call: () async throws(RPCError) -> Response
    ) async throws -> Response {
        do {
            return try await call()
        } catch {
            guard retries > 0, error.isRetryable else { throw error }
        }
        try await Task.sleep(for: pause)
        return try await Self.make(
            retries: retries - 1,
            pause: min(pause * 2, Self.pauseMax),
            call
        )
    }
}
