/// How a client knows its server at `tls:host:port`, and how it is known by it.
public struct ServerTrust: Sendable, Hashable {
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

    /// Its paths as C borrows them while `body` runs; an empty one for none.
    func withPaths<Result>(
        _ body: (
            UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>
        ) -> Result
    ) -> Result {
        (self.authority ?? "").withCString { authority in
            (self.certificate ?? "").withCString { certificate in
                (self.key ?? "").withCString { key in body(authority, certificate, key) }
            }
        }
    }
}
