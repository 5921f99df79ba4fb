internal import Glibc
internal import NIOCore
internal import NIOSSL

/// Certificates and keys out of PEM files.
enum PEMFiles {
    /// How long the other side is waited for when a connection is given up.
    static let goodbye = TimeAmount.seconds(1)

    static func certificates(_ path: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMFile(path), !found.isEmpty else {
            throw TLSFailure("a certificate in PEM expected at \(path), found \(Self.other(path))")
        }

        return found
    }

    static func key(_ path: String) throws(TLSFailure) -> NIOSSLPrivateKey {
        do {
            return try NIOSSLPrivateKey(file: path, format: .pem)
        } catch {
            throw TLSFailure("a private key in PEM expected at \(path), found \(Self.other(path))")
        }
    }

    static func context(_ configuration: TLSConfiguration) throws(TLSFailure) -> NIOSSLContext {
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw TLSFailure("found another")  // a key of PEM, but not the certificate's
        } catch {
            throw TLSFailure("found: \(TLSFailure.words(of: "\(error)"))")
        }
    }

    /// What is at a path instead; nothing of what a file says is told.
    private static func other(_ path: String) -> String {
        access(path, R_OK) == 0
            ? "another text" : "no file that can be read: \(String(cString: strerror(errno)))"
    }
}
