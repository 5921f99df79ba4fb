internal import NIOSSL

/// Certificates and keys out of PEM files.
enum TLSFiles {
    /// What both sides say that they speak.
    static let applicationProtocol = "ttrpc"

    static func certificates(_ path: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        let found: [NIOSSLCertificate]
        do {
            found = try NIOSSLCertificate.fromPEMFile(path)
        } catch {
            throw TLSFailure("a certificate in PEM expected at \(path), found: \(error)")
        }
        guard !found.isEmpty else {
            throw TLSFailure("a certificate in PEM expected at \(path), none found")
        }

        return found
    }

    static func key(_ path: String) throws(TLSFailure) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw TLSFailure("a private key in PEM expected at \(path), found: \(error)")
        }
    }

    static func context(_ configuration: TLSConfiguration) throws(TLSFailure) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFailure("a certificate with its own key expected, found: \(error)")
        }
    }
}
