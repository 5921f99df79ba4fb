internal import KhachTLS
internal import TTRPC
internal import TTRPCNIO

extension OnlineClient {
    /// Connects to a server at `unix:/path`, `tcp:host:port` or `tls:host:port`.
    ///
    /// It does not connect again when the connection is lost: calls then fail with `unavailable`,
    /// and another client is to be made.
    ///
    /// - Parameters:
    ///   - address: `unix:/path`, `tcp:host:port` or `tls:host:port`.
    ///   - token: the secret of a token, for a server that knows tokens.
    ///   - tls: whom a `tls` address is trusted by, and who calls; not used for another.
    ///   - timeout: how long each call waits when it does not say; `nil` means for ever.
    public static func connect(
        to address: String,
        token: String? = nil,
        tls: TLSFiles = TLSFiles(),
        timeout: Duration? = .seconds(30)
    ) async throws(RPCError) -> OnlineClient {
        let parsed: Address
        do {
            parsed = try Address(address)
        } catch {
            throw RPCError(.invalidArgument, "\(error)")
        }
        let connectTimeout = min(timeout ?? .seconds(5), .seconds(5))
        var shield: Shield?
        if case .tls(let host, _) = parsed {
            do {
                shield = try tls.client(within: connectTimeout).shield(host: host)
            } catch {
                throw RPCError(.invalidArgument, error.description)
            }
        }
        var configuration = Client.Configuration()
        configuration.connectTimeout = connectTimeout
        configuration.shield = shield
        configuration.introduction = (Methods.getLimits.service, Methods.getLimits.name)
        let client: Client
        do {
            client = try await Client.connect(address: parsed, configuration)
        } catch {
            throw RPCError(error)
        }
        let own: [Metadata.Entry] =
            token.map { [.init(key: "authorization", value: "Bearer \($0)")] } ?? []
        let transport = Transport(
            call: { (service, method, payload, metadata, timeout) async throws(Status) -> Payload in
                try await client.call(
                    service,
                    method,
                    payload,
                    metadata: Metadata(own + metadata.entries),
                    timeout: timeout
                )
            },
            stream: {
                (
                    service,
                    method,
                    payload,
                    metadata,
                    timeout
                ) async throws(Status)
                    -> Transport.Next in
                let responses = try await client.serverStream(
                    service,
                    method,
                    payload,
                    metadata: Metadata(own + metadata.entries),
                    timeout: timeout
                )
                return { () async throws(Status) -> Payload? in try await responses.next() }
            },
            close: { await client.close() }
        )
        return OnlineClient(transport: transport, timeout: timeout)
    }
}
