internal import Foundation
internal import Glibc
internal import KhachCertificates
internal import Logging
internal import NIOCore
internal import NIOEmbedded
internal import NIOSSL
internal import TTRPC
internal import TTRPCNIO
internal import TestFolders
internal import Testing

@testable internal import KhachTLS

/// A peer that never ends its handshake, by the clock of its connection.
@Suite("Handshakes of TLS")
struct HandshakeTests {
    /// What a peer sends each second.
    static let peers: [(name: String, byte: UInt8?)] = [("silent", nil), ("dribbling", 0)]

    @Test("a handshake has 10 seconds, however its peer fills them", arguments: peers)
    func deadline(_ name: String, _ byte: UInt8?) throws {
        let scene = try Scene()
        let channel = EmbeddedChannel()
        let done = try scene.tls.shield(for: .ttrpc).install(channel)
        let outcome = Outcome()
        done.assumeIsolated().whenFailure { outcome.error = $0 }
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        // A hello of 512 bytes, of which one comes each second.
        try channel.writeInbound(ByteBuffer(bytes: [22, 3, 1, 2, 0, 1, 0]))
        for _ in 1..<ServerTLS.handshakeSeconds {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            #expect(channel.isActive)
            if let byte { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        }
        #expect(outcome.error == nil)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
        let said = outcome.error.map { "\($0)" } ?? "nothing"
        #expect(said == "a handshake of TLS within 10 s expected, none found")
    }

    @Test(
        "a certificate names its caller in its time only, also when a ticket brings it back",
        arguments: [(begins: -60, ends: 60, isIn: true), (-60, -1, false), (1, 60, false)]
    )
    func time(begins: Int, ends: Int, isIn: Bool) throws {
        let uri = "spiffe://khach.example/agent"
        var wish = Authority.Wish(name: "agent", subjects: ["URI:\(uri)"], use: .client)
        (wish.begins, wish.ends) = (begins, ends)
        let pair = try Authority(name: "test").make(wish)
        let certificate = try NIOSSLCertificate(bytes: Array(pair.certificate.utf8), format: .pem)
        func peer() throws -> Peer? { try ServerTLS.peer(certificate, now: Glibc.time(nil)) }
        if isIn {
            #expect(try peer() == .certificate(uri: uri))
        } else {
            #expect(throws: TLSFailure.self) { try peer() }
        }
    }

    @Test("files that cannot be used are told by which of them, and nothing of a key is said")
    func refusals() throws {
        let scene = try Scene()
        let other = try Authority(name: "other").make(.localhost)
        try scene.write("other.key", other.key)
        try scene.write("text", "no certificate")
        let cases: [(String, String, String?, ServerTLS.Refusal.File, String)] = [
            ("none", "server.key", nil, .certificate, "no file that can be read"),
            ("text", "server.key", nil, .certificate, "another text"),
            ("server.pem", "none", nil, .key, "no file that can be read"),
            ("server.pem", "text", nil, .key, "another text"),
            ("server.pem", "other.key", nil, .key, "found another"),
            ("server.pem", "server.key", "text", .clientAuthority, "another text"),
        ]
        for (certificate, key, authority, file, found) in cases {
            var files = ServerTLS.Files(
                certificateFile: scene.path(certificate),
                keyFile: scene.path(key)
            )
            files.clientAuthorityFile = authority.map(scene.path)
            let refusal = #expect(throws: ServerTLS.Refusal.self) { try ServerTLS.check(files) }
            #expect(refusal?.file == file, "\(certificate) \(key)")
            let said = refusal?.description ?? ""
            #expect(said.contains("expected") && said.contains(found), "\(said)")
            #expect(!said.contains("PRIVATE") && !said.contains(other.key.dropFirst(40).prefix(20)))
        }
    }
}

/// What came of something.
private final class Outcome {
    var error: (any Error)?
}

/// A server's certificate in files.
private final class Scene {
    let tls: ServerTLS
    private let folder: TestFolder

    init() throws {
        self.folder = try TestFolder()
        let pair = try Authority(name: "authority").make(.localhost)
        try pair.certificate.write(toFile: "\(self.folder.path)/server.pem")
        try pair.key.write(toFile: "\(self.folder.path)/server.key")
        self.tls = try ServerTLS(
            ServerTLS.Files(
                certificateFile: "\(self.folder.path)/server.pem",
                keyFile: "\(self.folder.path)/server.key"
            ),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }

    func path(_ name: String) -> String { "\(self.folder.path)/\(name)" }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: self.path(name))
    }
}

extension Authority.Wish {
    fileprivate static var localhost: Self {
        Self(name: "localhost", subjects: ["DNS:localhost"], use: .server)
    }
}

extension String {
    fileprivate func write(toFile path: String) throws {
        try self.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
