internal import Glibc
package import Logging
internal import NIOCore
internal import NIOSSL
internal import Synchronization
internal import TTRPC
package import TTRPCNIO

/// A server's certificate and key, read again when their files change.
///
/// Connections keep the certificate that they began with. A pair that cannot be used changes
/// nothing: the one before it goes on.
package final class ServerTLS: Sendable {
    package enum Version: String, CaseIterable, Sendable {
        case v12 = "1.2"
        case v13 = "1.3"
    }

    /// What is spoken behind it, as both sides say (ALPN).
    package enum Application: String, CaseIterable, Sendable {
        case ttrpc
        case grpc = "h2"
    }

    package struct Files: Sendable {
        package var certificateFile: String
        package var keyFile: String
        /// Authorities of clients, in PEM; with them every client needs a certificate.
        package var clientAuthorityFile: String?
        package var minimum = Version.v13

        package init(certificateFile: String, keyFile: String) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }

        var paths: [String] {
            [self.certificateFile, self.keyFile] + (self.clientAuthorityFile.map { [$0] } ?? [])
        }
    }

    /// Files that cannot be used: which one, what was expected and what was found.
    package struct Refusal: Error, Sendable, CustomStringConvertible {
        package enum File: Sendable {
            case certificate
            case key
            case clientAuthority
        }

        package var file: File
        package var description: String
    }

    package enum Reload: Sendable, Equatable {
        case unchanged
        case changed
        /// What was expected and what was found.
        case refused(String)
    }

    /// Which file it is, and of when.
    private struct Stamp: Equatable {
        var inode: UInt64
        var bytesCount: Int
        /// When it was written, and when its owner or mode was changed.
        var times: [Int]

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }

            self.inode = UInt64(status.st_ino)
            self.bytesCount = Int(status.st_size)
            self.times = [
                status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                status.st_ctim.tv_nsec,
            ]
        }
    }

    private struct State {
        var contexts: [Application: NIOSSLContext]
        /// Of the files when they were last read, usable or not.
        var stamps: [Stamp?]
    }

    package static let handshakeSeconds: Int64 = 10

    private let files: Files
    private let logger: Logger
    private let state: Mutex<State>
    /// One reads at a time, so that what was read last holds.
    private let reading = Mutex(())

    package init(_ files: Files, logger: Logger) throws(Refusal) {
        self.files = files
        self.logger = logger
        let stamps = files.paths.map { Stamp($0) }
        self.state = Mutex(State(contexts: try Self.contexts(files), stamps: stamps))
    }

    /// Reads the files, and says what cannot be used.
    package static func check(_ files: Files) throws(Refusal) {
        _ = try self.contexts(files)
    }

    /// Reads the files again when they have changed, or in any case when `always` says so.
    package func reload(always: Bool) -> Reload {
        self.reading.withLock { _ in self.read(always: always) }
    }

    private func read(always: Bool) -> Reload {
        let stamps = self.files.paths.map { Stamp($0) }
        let isNew = self.state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps != stamps
        }
        guard always || isNew else { return .unchanged }

        do {
            let contexts = try Self.contexts(self.files)
            self.state.withLock { $0.contexts = contexts }
            return .changed
        } catch {
            return .refused("\(error)")
        }
    }

    /// What stands before a protocol on each of its connections.
    package func shield(for application: Application) -> Shield {
        Shield { channel in
            guard let context = self.state.withLock({ $0.contexts[application] }) else {
                preconditionFailure("a context for each application expected")
            }
            let done = channel.eventLoop.makePromise(of: Peer?.self)
            let handler = NIOSSLServerHandler(context: context)
            let watch = HandshakeWatch(
                time: .seconds(Self.handshakeSeconds),
                of: handler,
                done: done,
                peer: { () throws(TLSFailure) in
                    try handler.peerCertificate.flatMap { (certificate) throws(TLSFailure) in
                        try Self.peer(certificate, now: time(nil))
                    }
                }
            ) { error in TLSFailure(handshake: error, with: "a client") }
            try channel.pipeline.syncOperations.addHandlers([handler, watch], position: .first)
            let logger = self.logger
            done.futureResult.whenFailure { error in
                logger.debug("a handshake failed", metadata: ["error": "\(error)"])
            }
            return done.futureResult
        }
    }

    /// The URI among the names of a certificate that was verified; `nil` unless there is one.
    ///
    /// Of two it would be ours to choose who it is. Its time is looked at again: who comes with the
    /// ticket of an earlier connection shows the certificate of then, which nobody verified since.
    static func peer(
        _ certificate: NIOSSLCertificate,
        now: time_t
    ) throws(TLSFailure) -> Peer? {
        guard certificate.notValidBefore <= now, now <= certificate.notValidAfter else {
            throw TLSFailure("a certificate in its time expected, found one of another")
        }
        let uris = certificate._subjectAlternativeNames().filter { $0.nameType == .uri }
        guard uris.count == 1, let uri = uris.first else { return nil }

        return Peer(certificateURI: String(decoding: uri.contents, as: UTF8.self))
    }

    /// The files are read once, so that all have the same pair.
    private static func contexts(
        _ files: Files
    ) throws(Refusal) -> [Application: NIOSSLContext] {
        var configuration = try self.configuration(files)
        var contexts: [Application: NIOSSLContext] = [:]
        for application in Application.allCases {
            configuration.applicationProtocols = [application.rawValue]
            do {
                contexts[application] = try PEMFiles.context(configuration)
            } catch {
                throw Refusal(
                    file: .key,
                    description: "the key of \(files.certificateFile) expected at "
                        + "\(files.keyFile), \(error.description)"
                )
            }
        }
        return contexts
    }

    private static func configuration(_ files: Files) throws(Refusal) -> TLSConfiguration {
        let chain = try Self.certificates(files.certificateFile, .certificate)
        let key: NIOSSLPrivateKey
        do {
            key = try PEMFiles.key(files.keyFile)
        } catch {
            throw Refusal(file: .key, description: error.description)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = files.minimum == .v13 ? .tlsv13 : .tlsv12
        if let clientAuthorityFile = files.clientAuthorityFile {
            // The chain, its time and its use are verified; a client has no host name.
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try Self.certificates(clientAuthorityFile, .clientAuthority)
            )
        }
        configuration.shutdownTimeout = PEMFiles.goodbye
        return configuration
    }

    private static func certificates(
        _ path: String,
        _ file: Refusal.File
    ) throws(Refusal) -> [NIOSSLCertificate] {
        do {
            return try PEMFiles.certificates(path)
        } catch {
            throw Refusal(file: file, description: error.description)
        }
    }
}
