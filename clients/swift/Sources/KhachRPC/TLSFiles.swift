internal import KhachTLS

/// How a client knows its server at `tls:host:port`, and how it is known by it.
public struct TLSFiles: Sendable, Hashable {
    /// Authorities in PEM; nil for those of the system.
    public var authority: String?
    /// The client's own certificate and its chain in PEM, for a server that wants one.
    public var certificate: String?
    /// The key of the certificate in PEM.
    public var key: String?

    /// Names files, which are read when a connection is made.
    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    /// A handshake may take as long as a connection may.
    func client(within timeout: Duration) -> ClientTLS {
        var client = ClientTLS(
            authorityFile: self.authority,
            certificateFile: self.certificate,
            keyFile: self.key
        )
        client.timeout = timeout
        return client
    }
}
