internal import KhachTLS
internal import TTRPCNIO

/// What only several settings together say of TLS.
extension Configuration {
    /// The files of the `tls` addresses; `nil` when no certificate is named.
    static func tlsFiles(
        _ chosen: ChosenSettings
    ) throws(ConfigurationError) -> ServerTLS.Files? {
        let clients = try chosen.value(Settings.tlsClientCA)
        switch (try chosen.value(Settings.tlsCertificate), try chosen.value(Settings.tlsKey)) {
        case (let certificate?, let key?):
            var files = ServerTLS.Files(certificateFile: certificate, keyFile: key)
            files.clientAuthorityFile = clients
            files.minimum = try chosen.value(Settings.tlsMin)
            return files
        case (nil, nil):
            if let clients {
                throw ConfigurationError(
                    "\(chosen.source(Settings.tlsClientCA)): a tls-certificate beside it expected, "
                        + "found \(clients) alone"
                )
            }
            return nil
        case (nil, let key?):
            throw ConfigurationError(
                "\(chosen.source(Settings.tlsKey)): its tls-certificate beside it expected, found "
                    + "\(key) alone"
            )
        case (let certificate?, nil):
            throw ConfigurationError(
                "\(chosen.source(Settings.tlsCertificate)): its tls-key beside it expected, found "
                    + "\(certificate) alone"
            )
        }
    }

    /// A `tls` address has a certificate, and a certificate a `tls` address.
    func matchShields(_ chosen: ChosenSettings) throws(ConfigurationError) {
        let shielded = self.callAddresses.first(where: \.isShielded)
        if let shielded, self.tls == nil {
            let source =
                self.addresses.contains(shielded)
                ? chosen.source(Settings.listen) : chosen.source(Settings.grpcListen)
            throw ConfigurationError(
                "\(source): a tls-certificate and its tls-key expected for "
                    + "\(shielded), found none"
            )
        }
        if let tls, shielded == nil {
            throw ConfigurationError(
                "\(chosen.source(Settings.tlsCertificate)): an address such as tls:HOST:PORT in "
                    + "listen or grpc-listen expected, found \(tls.certificateFile) for none"
            )
        }
    }

    /// Reads the files once: each can be read, and the key is the certificate's.
    func checkFiles(_ chosen: ChosenSettings) throws(ConfigurationError) {
        guard let tls = self.tls else { return }

        do {
            try ServerTLS.check(tls)
        } catch {
            let setting =
                switch error.file {
                case .certificate: Settings.tlsCertificate
                case .key: Settings.tlsKey
                case .clientAuthority: Settings.tlsClientCA
                }
            throw ConfigurationError("\(chosen.source(setting)): \(error)")
        }
    }
}
