internal import Foundation
internal import KhachCertificates
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// How a certificate of a test is wrong; each is made when it is asked for, so none ends by itself.
enum Flaw: String, CaseIterable, Sendable {
    case none
    case otherAuthority
    case ended
    case notBegun
    case otherUse
    case selfSigned
    case otherName
}

/// A server with TLS, its authority, and clients that know both.
final class TLSScene {
    let folder: TemporaryFolder
    let authority: Authority
    let daemon: Daemon
    /// An administrator's token, where callers are known.
    let secret: String?
    private let other: Authority

    init(
        server flaw: Flaw = .none,
        knowsClients: Bool = false,
        isInitialized: Bool = false,
        _ more: [String] = []
    ) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        self.authority = try Authority(name: "authority")
        self.other = try Authority(name: "authority")  // of the same name, with another key
        try Self.write(self.authority.pair.certificate, folder.path("ca.pem"))
        let pair = try Self.pair(.server, flaw, self.authority, self.other)
        try Self.write(pair, folder, "server")
        if isInitialized {
            let made = try run(Binaries.url("khachd"), ["init", "--data", folder.path("data")])
            self.secret = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        } else {
            self.secret = nil
        }
        let files = [
            "--tls-certificate", folder.path("server.pem"), "--tls-key", folder.path("server.key"),
        ]
        self.daemon = try Daemon(
            "khachd",
            ["serve", "--data", folder.path("data"), "--listen", "tls:127.0.0.1:0"]
                + files + (knowsClients ? ["--tls-client-ca", folder.path("ca.pem")] : []) + more,
            log: folder.url.appending(path: "khachd.log")
        )
    }

    /// The server by a name that its certificate has.
    var named: String { "tls:localhost:\(self.daemon.port ?? 0)" }
    var trust: ServerTrust { ServerTrust(authority: self.folder.path("ca.pem")) }

    /// Files of a client's certificate.
    func client(_ flaw: Flaw) throws -> ServerTrust {
        let pair = try Self.pair(.client, flaw, self.authority, self.other)
        try Self.write(pair, self.folder, "client-\(flaw)")
        var trust = self.trust
        trust.certificate = self.folder.path("client-\(flaw).pem")
        trust.key = self.folder.path("client-\(flaw).key")
        return trust
    }

    /// Files of a client's certificate with these names.
    func client(_ name: String, _ subjects: [String]) throws -> ServerTrust {
        let wish = Authority.Wish(name: name, subjects: subjects, use: .client)
        try Self.write(try self.authority.make(wish), self.folder, name)
        var trust = self.trust
        trust.certificate = self.folder.path("\(name).pem")
        trust.key = self.folder.path("\(name).key")
        return trust
    }

    /// Calls as the administrator, whose certificate says nothing of who it is.
    func administer(_ arguments: [String]) throws -> CommandResult {
        let own = try self.client("administrator", [])
        return try known(
            arguments + [
                "--server", self.named, "--tls-ca", self.folder.path("ca.pem"),
                "--tls-certificate", own.certificate ?? "", "--tls-key", own.key ?? "",
            ],
            ["KHACH_TOKEN": self.secret ?? ""]
        )
    }

    /// Puts another certificate in the place of the server's.
    func replaceServer(_ pair: Authority.Pair) throws {
        try Self.write(pair, self.folder, "server")
    }

    func server(_ flaw: Flaw) throws -> Authority.Pair {
        try Self.pair(.server, flaw, self.authority, self.other)
    }

    /// Calls as the command line does, over the online client.
    func online(_ trust: ServerTrust, at address: String? = nil) throws -> CommandResult {
        let flags = [
            ("--tls-ca", trust.authority), ("--tls-certificate", trust.certificate),
            ("--tls-key", trust.key),
        ]
        return try khach(
            ["business", "list", "--server", address ?? self.named]
                + flags.flatMap { flag, value in value.map { [flag, $0] } ?? [] }
        )
    }

    /// Syncs a cache of `business` by the C client.
    func sync(_ trust: ServerTrust, _ business: String, at address: String? = nil) throws {
        let client = try OfflineClient.open(
            cachePath: self.folder.path("\(UUID().uuidString).db"),
            businessID: business,
            address: address ?? self.named,
            trust: trust
        )
        _ = try client.syncOnce()
    }

    func makeBusiness(_ trust: ServerTrust) async throws -> String {
        let client = try await OnlineClient.connect(
            to: self.named,
            tls: TLSFiles(
                authority: trust.authority,
                certificate: trust.certificate,
                key: trust.key
            )
        )
        let made = try await client.createBusiness(
            .with { $0.name = "Shop" }
        )
        await client.close()
        return made.business.id
    }

    /// Waits until the server has logged a text so often.
    func logs(_ text: String, times: Int = 1) async throws {
        func count() -> Int { self.daemon.logText.ranges(of: text).count }
        for _ in 0..<6_000 where count() < times {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(count() >= times, "\(self.daemon.logText)")
    }

    private static func pair(
        _ use: Authority.Use,
        _ flaw: Flaw,
        _ authority: Authority,
        _ other: Authority
    ) throws -> Authority.Pair {
        let subjects =
            switch (use, flaw) {
            case (.server, .otherName): ["DNS:other.example", "IP:127.0.0.2"]
            case (.server, _): ["DNS:localhost", "IP:127.0.0.1"]
            case (.client, _): ["URI:spiffe://khach.example/agent"]
            }
        var wish = Authority.Wish(name: "localhost", subjects: subjects, use: use)
        switch flaw {
        case .ended: (wish.begins, wish.ends) = (-7_200, -3_600)
        case .notBegun: (wish.begins, wish.ends) = (3_600, 7_200)
        case .otherUse: wish.use = use == .server ? .client : .server
        case .selfSigned: return try Authority.makeSelfSigned(wish)
        case .otherAuthority: return try other.make(wish)
        case .none, .otherName: break
        }
        return try authority.make(wish)
    }

    private static func write(
        _ pair: Authority.Pair,
        _ folder: TemporaryFolder,
        _ name: String
    ) throws {
        try Self.write(pair.certificate, folder.path("\(name).pem"))
        try Self.write(pair.key, folder.path("\(name).key"))
    }

    private static func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
}
