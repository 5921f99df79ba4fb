internal import ArgumentParser
internal import KhachTLS

/// Who the server is on its `tls` addresses, and which clients may come.
struct TLSOptions: ParsableArguments {
    @Option(help: "The certificate of the tls addresses and its chain, in PEM.")
    var tlsCertificate: String?

    @Option(help: "The key of the certificate, in PEM.")
    var tlsKey: String?

    @Option(help: "Authorities in PEM; clients of tls addresses need a certificate of theirs.")
    var tlsClientCa: String?

    @Option(help: "The oldest version of TLS that is spoken: 1.2 or 1.3.")
    var tlsMin = "1.3"

    /// `nil` when no certificate is given.
    var files: ServerTLS.Files? {
        get throws {
            guard let minimum = ServerTLS.Version(rawValue: self.tlsMin) else {
                throw ConfigurationError("tls-min: 1.2 or 1.3 expected, found \(self.tlsMin)")
            }
            switch (self.tlsCertificate, self.tlsKey) {
            case (let certificate?, let key?):
                var files = ServerTLS.Files(certificateFile: certificate, keyFile: key)
                files.clientAuthorityFile = self.tlsClientCa
                files.minimum = minimum
                return files
            case (nil, nil):
                guard self.tlsClientCa == nil else {
                    throw ConfigurationError(
                        "tls-client-ca: a tls-certificate expected, none found"
                    )
                }
                return nil
            case (nil, _):
                throw ConfigurationError("tls-certificate: a certificate expected, none found")
            case (_, nil):
                throw ConfigurationError("tls-key: the certificate's key expected, none found")
            }
        }
    }
}
