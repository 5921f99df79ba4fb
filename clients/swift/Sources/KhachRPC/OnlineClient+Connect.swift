internal import TTRPC

extension OnlineClient {
    /// Connects to a server at `unix:/path` or `tcp:host:port`.
    ///
    /// - Parameter timeout: how long each call waits when it does not say; `nil` means for ever.
    public static func connect(
        to address: String,
        timeout: Duration? = .seconds(30)
    ) async throws(RPCError) -> OnlineClient {
        throw RPCError(.unavailable, "a transport expected, none is linked (\(address))")
    }
}
