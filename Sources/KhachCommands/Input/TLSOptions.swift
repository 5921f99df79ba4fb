internal import ArgumentParser
internal import KhachClient
internal import KhachRPC

/// The files of a `tls` address: whom it is trusted by, and who calls.
struct TLSOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Authorities of a tls server (KHACH_TLS_CA, or the profile's; default the system's).",
            valueName: "file"
        )
    )
    var tlsCa: String?

    @Option(
        help: ArgumentHelp(
            "One's own certificate in PEM (KHACH_TLS_CERTIFICATE, or the profile's).",
            valueName: "file"
        )
    )
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp(
            "The key of one's own certificate (KHACH_TLS_KEY, or the profile's).",
            valueName: "file"
        )
    )
    var tlsKey: String?

    /// What is given, or else what the environment says, and then `profile`.
    func files(_ profile: TLSFiles?) -> TLSFiles {
        let environment = Surroundings.current.environment
        return TLSFiles(
            authority: self.tlsCa ?? environment["KHACH_TLS_CA"] ?? profile?.authority,
            certificate: self.tlsCertificate ?? environment["KHACH_TLS_CERTIFICATE"]
                ?? profile?.certificate,
            key: self.tlsKey ?? environment["KHACH_TLS_KEY"] ?? profile?.key
        )
    }

    func validate() throws {
        let isWhole = (self.tlsCertificate == nil) == (self.tlsKey == nil)
        guard isWhole else {
            throw ValidationError(
                "--tls-certificate and --tls-key expected together, one of them found"
            )
        }
    }
}

extension ServerTrust {
    init(_ files: TLSFiles) {
        self.init(authority: files.authority, certificate: files.certificate, key: files.key)
    }
}
