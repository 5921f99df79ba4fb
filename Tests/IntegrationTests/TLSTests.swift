internal import Foundation
internal import Glibc
internal import KhachCertificates
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// Who is let in and who is believed, over TLS, by both clients.
@Suite("TLS", .timeLimit(.minutes(15)))
struct TLSTests {
    @Test("a server with a good certificate is believed by both clients, by name and by address")
    func goodServer() async throws {
        let scene = try TLSScene()
        let business = try await scene.makeBusiness(scene.trust)
        for address in [scene.named, scene.daemon.address] {
            let online = try scene.online(scene.trust, at: address)
            #expect(online.status == 0, "\(address): \(online.errors)")
            try scene.sync(scene.trust, business, at: address)
        }
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test(
        "a server with another certificate is refused by both clients",
        arguments: Flaw.allCases.filter { $0 != .none }
    )
    func badServer(_ flaw: Flaw) throws {
        let scene = try TLSScene(server: flaw)
        let online = try scene.online(scene.trust)
        #expect(online.status == 5, "\(online.errors)")
        #expect(online.errors.contains("for localhost expected, found: "), "\(online.errors)")
        let error = #expect(throws: ClientError.self) {
            try scene.sync(scene.trust, "b0000000000001")
        }
        #expect(error?.code == .certificate)
        #expect(error?.isRetryable == false)
        let message = error?.message ?? ""
        #expect(message.contains("for localhost expected, found: "), "\(message)")
        let command = try khach([
            "sync", "--business", "b0000000000001", "--cache", scene.folder.path("c.db"), "--once",
            "--server", scene.named, "--tls-ca", scene.folder.path("ca.pem"),
        ])
        #expect(command.status == 5)
        #expect(command.errors.contains("no trust between here and tls:localhost"), "\(command)")
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a server is not believed where its authority is not known")
    func unknownAuthority() throws {
        let scene = try TLSScene()
        #expect(try scene.online(ServerTrust()).status == 5)
        let error = #expect(throws: ClientError.self) {
            try scene.sync(ServerTrust(), "b0000000000001")
        }
        #expect(error?.code == .certificate)
        #expect(error?.message.contains("known authority") == true, "\(error?.message ?? "")")
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a server that wants certificates lets a client in with a good one, and no other")
    func clients() async throws {
        let scene = try TLSScene(knowsClients: true)
        let good = try scene.client(.none)
        let business = try await scene.makeBusiness(good)
        #expect(try scene.online(good).status == 0)
        try scene.sync(good, business)
        let flaws = [Flaw.otherAuthority, .ended, .notBegun, .otherUse, .selfSigned]
        let refused =
            [("no certificate", scene.trust)]
            + (try flaws.map { ("\($0)", try scene.client($0)) })
        for (name, trust) in refused {
            let online = try scene.online(trust)
            #expect(online.status == 5, "\(name): \(online.status) \(online.errors)")
            let error = #expect(throws: ClientError.self, "\(name)") {
                try scene.sync(trust, business)
            }
            // A connection that is reset takes the server's word with it.
            let codes: [ClientError.Code] = [.certificate, .network]
            #expect(codes.contains { $0 == error?.code }, "\(name): \(error?.message ?? "")")
        }
        #expect(try scene.online(good).status == 0)
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    /// The hello, the answer's first bytes: an alert of protocol_version, or a handshake.
    static let versions: [(minimum: String, minor: UInt8, isTaken: Bool)] = [
        ("1.3", 1, false), ("1.3", 2, false), ("1.3", 3, false),
        ("1.2", 1, false), ("1.2", 2, false), ("1.2", 3, true),
    ]

    @Test("an old version of TLS is refused", arguments: versions)
    func oldVersions(_ minimum: String, _ minor: UInt8, _ isTaken: Bool) throws {
        let scene = try TLSScene(["--tls-min", minimum])
        let connection = try RawConnection(to: scene.daemon)
        try connection.sendRaw(Self.hello(minor: minor))
        let answer = try connection.bytes(7)
        if isTaken {
            #expect(answer.first == 22, "\(answer)")
        } else {
            #expect(answer.first == 21 && Array(answer.suffix(2)) == [2, 70], "\(answer)")
        }
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a server of an old version is refused by both clients", arguments: [1, 2])
    func oldServers(_ minor: UInt8) async throws {
        let server = try OldTLSServer(minor: minor)
        let refused = await #expect(throws: RPCError.self) {
            try await OnlineClient.connect(to: server.address)
        }
        #expect(refused?.code == .unavailable)
        let said = "\(refused.map { "\($0)" } ?? "nothing")"
        #expect(said.contains("PROTOCOL") || said.contains("VERSION"), "\(said)")
        let folder = try TemporaryFolder()
        let error = #expect(throws: ClientError.self) {
            let client = try OfflineClient.open(
                cachePath: folder.path("cache.db"),
                businessID: "b0000000000001",
                address: server.address
            )
            _ = try client.syncOnce()
        }
        #expect(error?.code == .network)
        #expect(error?.message.contains("protocol") == true, "\(error?.message ?? "")")
    }

    /// A hello of the version before `minor`, that knows no later one.
    private static func hello(minor: UInt8) -> [UInt8] {
        // Signature algorithms, groups and point formats.
        let extensions: [UInt8] =
            [0, 13, 0, 6, 0, 4, 4, 3, 2, 3] + [0, 10, 0, 4, 0, 2, 0, 23] + [0, 11, 0, 2, 1, 0]
        let body: [UInt8] =
            [3, minor] + [UInt8](repeating: 7, count: 32) + [0]
            + [0, 4, 0xC0, 0x2B, 0xC0, 0x09] + [1, 0] + [0, UInt8(extensions.count)] + extensions
        return [22, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    }

    @Test("a client without TLS is answered with nothing, and the server goes on")
    func plaintext() throws {
        let scene = try TLSScene()
        let plain = "tcp:127.0.0.1:\(scene.daemon.port ?? 0)"
        #expect(try khach(["business", "list", "--server", plain]).status == 5)
        #expect(try scene.online(scene.trust).status == 0)
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a new certificate is taken, a bad one is not, and a stream goes on through both")
    func reload() async throws {
        let scene = try TLSScene()
        let business = try await scene.makeBusiness(scene.trust)
        let client = try await OnlineClient.connect(
            to: scene.named,
            tls: TLSFiles(authority: scene.trust.authority)
        )
        var stream = try await client.watchChanges(.with { $0.businessID = business })
            .makeAsyncIterator()
        #expect(try await stream.next()?.bookmark != nil)

        // Another's key: the pair before it goes on.
        let (one, two) = (try scene.server(.none), try scene.server(.none))
        var mixed = one
        mixed.key = two.key
        try scene.replaceServer(mixed)
        try await scene.logs("the certificate before goes on")
        // Nothing has changed since, so another line is the signal's.
        kill(scene.daemon.pid, SIGHUP)
        try await scene.logs("the certificate before goes on", times: 2)
        #expect(try scene.online(scene.trust).status == 0)

        // That the new one is used is seen by what is wrong with it; no signal is needed.
        try scene.replaceServer(try scene.server(.otherName))
        try await scene.logs("a new certificate is used")
        #expect(try scene.online(scene.trust).status == 5)
        #expect(try await stream.next()?.bookmark != nil)
        await client.close()
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("khachd init makes certificates for development, which both sides take")
    func development() throws {
        let folder = try TemporaryFolder()
        let made = try run(
            Binaries.url("khachd"),
            ["init", "--data", folder.path("data"), "--development-ca", folder.path("ca")]
        )
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.errors.contains("for development alone"))
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        for name in ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"] {
            let path = folder.path("ca/\(name)")
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        let daemon = try Daemon(
            "khachd",
            [
                "serve", "--data", folder.path("data"), "--listen", "tls:127.0.0.1:0",
                "--tls-certificate", folder.path("ca/server.pem"),
                "--tls-key", folder.path("ca/server.key"),
                "--tls-client-ca", folder.path("ca/ca.pem"),
            ],
            log: folder.url.appending(path: "khachd.log")
        )
        let config = ["XDG_CONFIG_HOME": folder.path("config")]
        let saved = try known(
            [
                "profile", "save", "--server", daemon.address, "--tls-ca", folder.path("ca/ca.pem"),
                "--tls-certificate", folder.path("ca/client.pem"),
                "--tls-key", folder.path("ca/client.key"),
            ],
            config,
            input: secret
        )
        #expect(saved.status == 0, "\(saved.errors)")
        let listed = try known(["business", "list"], config)
        #expect(listed.status == 0, "\(listed.errors)")
        #expect(daemon.kill(SIGTERM) == 0)
    }
}
