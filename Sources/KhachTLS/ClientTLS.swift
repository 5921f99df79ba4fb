internal import NIOCore
internal import NIOSSL
internal import TTRPC
package import TTRPCNIO

/// How a client knows its server, and how it is known by it.
///
/// At least TLS 1.2.
package struct ClientTLS: Sendable {
    /// Authorities in PEM; `nil` for those of the system.
    package var authorityFile: String?
    /// The client's own chain and key in PEM: both or neither.
    package var certificateFile: String?
    package var keyFile: String?
    /// How long a handshake may take.
    package var timeout = Duration.seconds(10)

    package init(authorityFile: String?, certificateFile: String?, keyFile: String?) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }

    /// Reads the files; a connection to `host` goes on only with the certificate of that host.
    package func shield(host: String) throws(TLSFailure) -> Shield {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = [ServerTLS.Application.ttrpc.rawValue]
        if let authorityFile {
            configuration.trustRoots = .certificates(try PEMFiles.certificates(authorityFile))
        }
        switch (self.certificateFile, self.keyFile) {
        case (nil, nil): break
        case (let certificateFile?, let keyFile?):
            configuration.certificateChain = try PEMFiles.certificates(certificateFile)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try PEMFiles.key(keyFile))
        default: throw TLSFailure("a certificate and its key expected, one without the other found")
        }
        configuration.shutdownTimeout = PEMFiles.goodbye
        let context: NIOSSLContext
        do {
            context = try PEMFiles.context(configuration)
        } catch {
            throw TLSFailure("a certificate with its own key expected, \(error.description)")
        }
        let time = TimeAmount(self.timeout)
        // An address has no name to indicate; it is looked for among the certificate's addresses.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return Shield { channel in
            let handler = try NIOSSLClientHandler(
                context: context,
                serverHostname: isAddress ? nil : host
            )
            let done = channel.eventLoop.makePromise(of: Peer?.self)
            let watch = HandshakeWatch(time: time, of: handler, done: done) { error in
                TLSFailure(handshake: error, with: host)
            }
            try channel.pipeline.syncOperations.addHandlers([handler, watch], position: .first)
            return done.futureResult
        }
    }
}
