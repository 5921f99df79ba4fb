internal import Foundation
internal import Glibc
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// Callers whose certificate or whose user says who they are; nobody else is let in.
@Suite("Principals over sockets", .timeLimit(.minutes(15)))
struct PrincipalTests {
    private static let uri = "spiffe://khach.example/agent"

    @Test("a certificate with a registered URI calls without a secret, and another does not")
    func certificates() async throws {
        let scene = try TLSScene(knowsClients: true, isInitialized: true)
        let made = try scene.administer(["business", "create", "Shop", "--output", "json"])
        let business = try #require(try made.object()["id"] as? String, "\(made.errors)")
        let agent = try scene.client(.none)
        #expect(try scene.online(agent).errors.contains("nor one of \(Self.uri)"))

        let token = try scene.administer(
            ["token", "create", "Lan", "--may", "read", "--certificate", Self.uri]
                + ["--output", "json"]
        )
        #expect(token.status == 0, "\(token.errors)")
        let made2 = try #require(try token.object()["token"] as? [String: Any])
        let id = try #require(made2["id"] as? String)
        #expect(try scene.online(agent).status == 0)
        try scene.sync(agent, business)

        let others: [(String, [String])] = [
            ("other", ["URI:\(Self.uri)/other"]), ("nameless", []), ("host", ["DNS:khach.example"]),
            ("two", ["URI:\(Self.uri)", "URI:\(Self.uri)/other"]),
        ]
        for (name, subjects) in others {
            let refused = try scene.online(try scene.client(name, subjects))
            #expect(refused.status == 1, "\(name): \(refused.status) \(refused.errors)")
            #expect(refused.errors.contains("UNAUTHENTICATED"), "\(name): \(refused.errors)")
        }
        for flaw in [Flaw.ended, .otherAuthority] {
            #expect(try scene.online(try scene.client(flaw)).status == 5, "\(flaw)")
        }

        let client = try await OnlineClient.connect(
            to: scene.named,
            tls: TLSFiles(
                authority: agent.authority,
                certificate: agent.certificate,
                key: agent.key
            )
        )
        var stream = try await client.watchChanges(.with { $0.businessID = business })
            .makeAsyncIterator()
        #expect(try await stream.next()?.bookmark != nil)
        #expect(try scene.administer(["token", "revoke", id]).status == 0)
        let ended = await #expect(throws: RPCError.self) {
            while try await stream.next() != nil {}
        }
        #expect(ended?.code == .unauthenticated)
        #expect(try scene.online(agent).status == 1)
        await client.close()
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a user of a Unix socket calls without a secret, once it is registered")
    func unixUsers() throws {
        let folder = try TemporaryFolder()
        let address = "unix:\(folder.path("khachd.sock"))"
        let serve = ["serve", "--data", folder.path("data"), "--listen", address]
        let open = try run(Binaries.url("khachd"), serve + ["--unix-mode", "0666"])
        #expect(open.status == 1 && open.errors.contains("see khachd init"), "\(open.errors)")

        let made = try run(Binaries.url("khachd"), ["init", "--data", folder.path("data")])
        let secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let daemon = try Daemon(
            "khachd",
            serve + ["--unix-mode", "0666"],
            log: folder.url.appending(path: "khachd.log")
        )
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path("khachd.sock"))
        #expect(mode[.posixPermissions] as? Int == 0o666)
        let list = ["business", "list", "--server", address]
        for (user, status) in [(getuid() + 1, 1), (getuid(), 0)] {
            let create = ["token", "create", "Lan", "--may", "read", "--unix-user", "\(user)"]
            let token = try known(create + ["--server", address], ["KHACH_TOKEN": secret])
            #expect(token.status == 0, "\(token.errors)")
            let listed = try khach(list)
            #expect(listed.status == Int32(status), "\(user): \(listed.errors)")
            #expect(status == 0 || listed.errors.contains("nor one of unix-user:\(getuid())"))
        }
        // Whoever shows a secret beside it is to be the same.
        #expect(try known(list, ["KHACH_TOKEN": secret]).status == 1)
        #expect(daemon.kill(SIGTERM) == 0)
    }
}
