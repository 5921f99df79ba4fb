internal import Foundation
internal import Glibc
internal import KhachRPC
internal import Testing

/// A server that was initialized knows its callers by tokens; another is its machine's.
@Suite("Tokens and profiles", .timeLimit(.minutes(15)))
struct AccessTests {
    @Test("khachd init makes callers known, and a profile keeps who one is")
    func initialized() throws {
        let scene = try KnownShop()
        let unknown = try khach(["business", "list"] + scene.server)
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("a token that this server knows expected, found none"))
        #expect(try khach(["health"] + scene.server).status == 0)
        let listed = try scene.run(["business", "list", "--output", "jsonl"]).objects()
        #expect(listed.count == scene.shop.businesses.count)
        #expect(!(try scene.run(["profile", "list"]).output.contains(scene.secret)))
        // A profile's token goes to its own server alone.
        let elsewhere = try scene.run(["business", "list", "--server", "tcp:127.0.0.1:1"])
        #expect(elsewhere.status == 5, "\(elsewhere.errors)")
        #expect(scene.files(with: scene.secret) == ["config/khach/default"])
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("an agent's token, its cache, and their end")
    func agent() throws {
        let scene = try KnownShop()
        let (business, foreign) = (scene.shop.businesses[0], scene.shop.businesses[1])
        let create = ["token", "create", "Lan", "--business", business, "--may", "read"]
        let made = try scene.run(create + ["--output", "json", "--actor", "an"]).object()
        let secret = try #require(made["secret"] as? String)
        let token = try #require((made["token"] as? [String: Any])?["id"] as? String)
        func agent(_ arguments: [String]) throws -> CommandResult {
            try known(arguments + scene.server, ["KHACH_TOKEN": secret])
        }
        let mine = try agent(["business", "list", "--output", "jsonl"]).objects()
        #expect(mine.compactMap { $0["id"] as? String } == [business])
        let denied = try agent(["business", "create", "Nhà Mây", "--actor", "an"])
        #expect(denied.status == 1)
        #expect(denied.errors.contains("ADMINISTER"), "\(denied.errors)")
        #expect(try agent(["page", "list", "--business", foreign]).status == 4)

        let cache = scene.shop.folder.path("agent.db")
        let sync = ["sync", "--business", business, "--cache", cache, "--once"]
        #expect(try khach(sync + scene.server).status == 1)
        let synced = try agent(sync)
        #expect(synced.status == 0, "\(synced.errors)")
        #expect(try scene.run(["token", "revoke", token, "--actor", "an"]).status == 0)
        let late = try agent(sync)
        #expect(late.status == 1)
        #expect(late.errors.contains("UNAUTHENTICATED"), "\(late.errors)")
        // D10: a cache that may not sync any more has what it had.
        #expect(!(try scene.shop.offline(["list", "--all"], cache).lines.isEmpty))
        #expect(scene.files(with: secret) == [])
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a long call that is the first of its connection is taken, of who is known")
    func longCalls() async throws {
        let scene = try KnownShop()
        let long = #"{"name": "\#(String(repeating: "a", count: 1 << 20))"}"#
        for (token, code, words) in [
            (scene.secret, RPCError.Code.invalidArgument, "name"),
            ("khach_none", .unauthenticated, "a token that this server knows expected"),
        ] {
            let client = try await OnlineClient.connect(to: scene.daemon.address, token: token)
            let error = await #expect(throws: RPCError.self) {
                try await client.call("khach.v1.DirectoryService/CreateBusiness", json: long)
            }
            #expect(error?.code == code)
            #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            await client.close()
        }

        // The same of the C client, whose sync begins with what was edited.
        let (cache, business) = (scene.shop.folder.path("mine.db"), scene.shop.businesses[0])
        let sync = ["sync", "--business", business, "--cache", cache, "--once"] + scene.server
        #expect(try scene.run(sync).status == 0)
        let list = try scene.shop.offline(["list", "--all"], cache).objects()
        let customer = try #require(list.first?["id"] as? String)
        for number in 0..<40 {
            let text = "\(number) " + String(repeating: "đ", count: 990)
            _ = try scene.shop.offline(["address", customer, text], cache)
        }
        let refused = try known(sync, ["KHACH_TOKEN": "khach_none"])
        #expect(refused.errors.contains("UNAUTHENTICATED"), "\(refused.errors)")
        let sent = try scene.run(sync)
        #expect(sent.output.contains("40 edits sent"), "\(sent)")
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("a profile that others can read, or that is a link, is refused")
    func profiles() throws {
        let folder = try TemporaryFolder()
        let home = ["XDG_CONFIG_HOME": folder.path("config")]
        #expect(try known(["profile", "save", "a"], home, input: "").status == 0)
        let path = folder.path("config/khach/a")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(chmod(path, 0o640) == 0)
        let open = try known(["health", "--profile", "a"], home)
        #expect(open.status == 64)
        #expect(open.errors.contains("mode 0600 expected"), "\(open.errors)")
        #expect(symlink(path, folder.path("config/khach/b")) == 0)
        for name in ["b", "none", "../a", ""] {
            #expect(try known(["health", "--profile", name], home).status == 64, "\(name)")
        }
    }

    @Test("an address that others can reach needs a store with tokens")
    func reachable() throws {
        let folder = try TemporaryFolder()
        let data = folder.path("data")
        let serve = ["serve", "--data", data, "--listen", "tcp:0.0.0.0:0", "--allow-plaintext"]
        let refused = try run(Binaries.url("khachd"), serve)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("see khachd init"), "\(refused.errors)")
        #expect(try run(Binaries.url("khachd"), ["init", "--data", data]).status == 0)
        let daemon = try Daemon.khachd(folder, ["--listen", "tcp:0.0.0.0:0", "--allow-plaintext"])
        // While a server runs nobody makes tokens behind its back.
        #expect(try run(Binaries.url("khachd"), ["init", "--data", data]).status == 1)
        #expect(daemon.kill(SIGTERM) == 0)
    }
}

/// A server that was initialized, and its administrator, who has a profile.
struct KnownShop {
    let shop: Shop
    let daemon: Daemon
    let server: [String]
    /// The administrator's.
    let secret: String
    let environment: [String: String]

    init() throws {
        self.shop = try Shop()
        #expect(self.shop.daemon.kill(SIGTERM) == 0)
        let data = self.shop.folder.path("data")
        let made = try IntegrationTests.run(Binaries.url("khachd"), ["init", "--data", data])
        #expect(made.status == 0, "\(made.errors)")
        self.secret = made.output.trimmingCharacters(in: .newlines)
        #expect(self.secret.hasPrefix("khach_") && self.secret.utf8.count == 70)
        self.daemon = try Daemon.khachd(self.shop.folder)
        self.server = ["--server", self.daemon.address]
        self.environment = ["XDG_CONFIG_HOME": self.shop.folder.path("config")]
        let saved = try known(
            ["profile", "save"] + self.server,
            self.environment,
            input: self.secret
        )
        #expect(saved.status == 0, "\(saved.errors)")
    }

    /// Runs `khach` as the administrator.
    func run(_ arguments: [String]) throws -> CommandResult {
        try known(arguments, self.environment)
    }

    /// The secret of a new token that may read some pages.
    func token(_ business: String, _ pages: [String]) throws -> String {
        let create = ["token", "create", "Lan", "--business", business, "--may", "read"]
        let made = try self.run(
            create + pages.flatMap { ["--page", $0] } + ["--output", "json", "--actor", "an"]
        )
        #expect(made.status == 0, "\(made.errors)")
        return try #require(try made.object()["secret"] as? String)
    }

    /// The names of the files that hold a secret.
    func files(with secret: String) -> [String] {
        let folder = self.shop.folder
        let names = FileManager.default.enumerator(atPath: folder.url.path)?.allObjects ?? []
        return names.compactMap { $0 as? String }.filter { name in
            FileManager.default.contents(atPath: folder.path(name))?
                .range(of: Data(secret.utf8)) != nil
        }
    }
}

/// Runs `khach` with what the environment says of who calls.
func known(
    _ arguments: [String],
    _ environment: [String: String],
    input: String = ""
) throws -> CommandResult {
    try run(
        Binaries.url("khach"),
        arguments,
        input: Data(input.utf8),
        environment: environment
    )
}
