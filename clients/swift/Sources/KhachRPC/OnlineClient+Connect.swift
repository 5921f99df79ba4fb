internal import TTRPC
internal import TTRPCNIO

extension OnlineClient {
    /// Connects to a server at `unix:/path` or `tcp:host:port`.
    ///
    /// It does not connect again when the connection is lost: calls then fail with `unavailable`,
    /// and another client is to be made.
    ///
    /// - Parameters:
    ///   - address: `unix:/path` or `tcp:host:port`.
    ///   - token: the secret of a token, for a server that knows tokens.
    ///   - timeout: how long each call waits when it does not say; `nil` means for ever.
    public static func connect(
        to address: String,
        token: String? = nil,
        timeout: Duration? = .seconds(30)
    ) async throws(RPCError) -> OnlineClient {
        let parsed: Address
        do {
            parsed = try Address(address)
        } catch {
            throw RPCError(.invalidArgument, "\(error)")
        }
        let client: Client
        do {
            client = try await Client.connect(
                address: parsed,
                timeout: min(timeout ?? .seconds(5), .seconds(5))
            )
        } catch {
            throw RPCError(error)
        }
        let metadata = Metadata(
            token.map { [.init(key: "authorization", value: "Bearer \($0)")] } ?? []
        )
        let transport = Transport(
            call: { (service, method, payload, timeout) async throws(Status) -> Payload in
                try await client.call(
                    service,
                    method,
                    payload,
                    metadata: metadata,
                    timeout: timeout
                )
            },
            stream: {
                (service, method, payload, timeout) async throws(Status) -> Transport.Next in
                let responses = try await client.serverStream(
                    service,
                    method,
                    payload,
                    metadata: metadata,
                    timeout: timeout
                )
                return { () async throws(Status) -> Payload? in try await responses.next() }
            },
            close: { await client.close() }
        )
        return OnlineClient(transport: transport, timeout: timeout)
    }
}
