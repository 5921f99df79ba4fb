internal import Foundation
internal import Glibc
internal import KhachRPC
internal import Testing

/// A server, one cache of it on a small disk, edits that are made on the cache, and what befalls
/// all of them.
final class FaultScene {
    /// How an edit ended, by the text that it saves, which no other does.
    private struct Edits {
        /// The command said that it was kept.
        var accepted: Set<String> = []
        /// The command was killed or failed: kept or not.
        var unsure: Set<String> = []
    }

    private static let editors = 5

    var random: SplitMix
    private let seed: ReplayableSeed
    /// Goes before the folder that it is in.
    private let disk: SmallDisk
    private let folder: TemporaryFolder
    private var daemon: Daemon
    private let business: String
    private var batches = 0
    private var edits = Edits()
    /// Customers that the cache has, of which some are edited.
    private var customers: [String] = []

    init(_ seed: ReplayableSeed) async throws {
        self.seed = seed
        self.random = seed.generator
        self.folder = try TemporaryFolder()
        self.disk = try SmallDisk(in: self.folder, mebibytes: 32)
        self.daemon = try Self.start(in: self.folder)
        let client = try await OnlineClient.connect(to: self.daemon.address)
        self.business = try await Recorder(making: client).business
        await client.close()
        try await self.bringNews()
        let synced = try khach(self.once)
        #expect(synced.status == 0, "\(synced.errors)")
        let list = ["offline", "list", "--limit", "\(Self.editors)", "--output", "jsonl"]
        self.customers = try khach(list + ["--cache", self.cache]).objects().compactMap {
            $0["id"] as? String
        }
        try #require(self.customers.count == Self.editors)
    }

    func stop() {
        #expect(self.daemon.kill(SIGTERM) == 0, "\(self.seed)")
    }

    /// Customers whom the cache does not know, 50 in a batch.
    func bringNews(batches: Int = 8) async throws {
        let client = try await OnlineClient.connect(to: self.daemon.address)
        let recorder = Recorder(client, business: self.business)
        for _ in 0..<batches {
            _ = try await recorder.record(self.batches)
            self.batches += 1
        }
        await client.close()
    }

    func suffer(_ fault: Fault) async throws {
        switch fault {
        case .killClients: try self.killClients()
        case .killLeaders: try await self.killLeaders()
        case .killServer: try self.killServer()
        case .cutReplies: try self.cutReplies()
        case .fillDisk: try self.fillDisk()
        }
    }

    // MARK: What befalls them

    private func killClients() throws {
        for _ in 0..<4 {
            try self.edit()
            try self.edit(killAfter: self.random.below(60))
            try self.start(self.once).kill(afterMilliseconds: self.random.below(100))
        }
    }

    private func killLeaders() async throws {
        let repeated = self.sync() + ["--every", "0.1"]
        var processes = try (0..<4).map { _ in try self.start(repeated) }
        for _ in 0..<2 {
            // One after another, soon after much has come: one of them is writing it.
            try await self.bringNews(batches: 12)
            for _ in processes.indices {
                let victim = self.random.below(processes.count)
                processes[victim].kill(afterMilliseconds: self.random.below(100))
                processes[victim] = try self.start(repeated)
            }
            try self.edit()
            try self.edit()
        }
        for process in processes { process.kill(afterMilliseconds: 0) }
    }

    private func killServer() throws {
        for _ in 0..<2 {
            try self.edit()
            try self.edit()
            let sync = try self.start(self.sync() + ["--every", "0.1"])
            self.daemon.kill(afterMilliseconds: self.random.below(100))
            try self.edit()
            self.daemon = try Self.start(in: self.folder)
            try self.edit()
            sync.kill(afterMilliseconds: self.random.below(400))
        }
    }

    private func cutReplies() throws {
        for _ in 0..<3 {
            // In the outcomes of edits, or in a page of the feed.
            let bytes = self.random.below(self.random.below(2) == 0 ? 400 : 40_000)
            let proxy = try Daemon(
                URL(filePath: "/usr/bin/python3"),
                [
                    Binaries.checkout.appending(path: "Tests/Support/cutting-proxy/proxy.py").path,
                    "127.0.0.1", "\(try #require(self.daemon.port))", "3", "\(bytes)", "close",
                ]
            )
            for _ in 0..<3 {
                try self.edit()
                _ = try khach(self.sync(over: proxy.address) + ["--once"])
            }
            proxy.kill(SIGKILL)
        }
    }

    private func fillDisk() throws {
        for _ in 0..<2 {
            try self.edit()
            let sync = try self.start(self.once)
            sync.kill(afterMilliseconds: self.random.below(100))
            try self.disk.fill()
            try self.edit()
            _ = try khach(self.once)
            try self.edit()
            try self.disk.makeRoom()
        }
    }

    // MARK: Calm

    func expectCalm() throws {
        let synced = try khach(self.once)
        #expect(synced.status == 0, "\(self.seed): \(synced.errors)\(self.daemon.logText)")
        let server = ["--server", self.address]
        let verified = try khach(["offline", "verify", "--cache", self.cache] + server)
        #expect(verified.status == 0, "\(self.seed): \(verified.errors)\(verified.output)")
        let list = ["list", "--all", "--output", "jsonl"]
        let ofServer = try khach(["customers"] + list + ["--business", self.business] + server)
        let ofCache = try khach(["offline"] + list + ["--cache", self.cache])
        #expect(ofServer.lines.count == self.batches * 50, "\(self.seed)")
        #expect(ofCache.lines == ofServer.lines, "\(self.seed)")
        let status = try khach(
            ["offline", "status", "--cache", self.cache, "--output", "json"]
        ).object()
        #expect(status["fullResyncsCount"] as? String == "0", "\(self.seed)")
        try self.expectOneEffect(ofServer.objects())
    }

    /// What the outbox calls applied is what the audit has, once, and holds all that was accepted.
    private func expectOneEffect(_ customers: [[String: Any]]) throws {
        let outbox = try khach(
            ["offline", "outbox", "list", "--all", "--cache", self.cache, "--output", "jsonl"]
        ).objects()
        #expect(
            outbox.allSatisfy { $0["state"] as? String == "applied" },
            "\(self.seed): \(outbox)"
        )
        let applied = outbox.compactMap { $0["value"] as? String }
        let audit = try khach(
            [
                "audit", "--all", "--business", self.business, "--server", self.address,
                "--output", "jsonl",
            ]
        ).objects()
        let saved = audit.filter { $0["action"] as? String == "customer.address.save" }
            .compactMap { $0["after"] as? String }
        #expect(saved.sorted() == applied.sorted(), "\(self.seed)")
        #expect(Set(saved).count == saved.count, "\(self.seed): one edit had two effects")
        let lost = self.edits.accepted.subtracting(applied)
        #expect(lost.isEmpty, "\(self.seed): \(lost) were accepted and had no effect")
        let strange = Set(applied).subtracting(self.edits.accepted).subtracting(self.edits.unsure)
        #expect(strange.isEmpty, "\(self.seed): nobody made \(strange)")
        #expect(!self.edits.accepted.isEmpty, "\(self.seed)")
        let revisions = customers.compactMap { customer in
            ((customer["address"] as? [String: Any])?["editRevision"] as? String)
                .flatMap { Int($0) }
        }
        #expect(revisions.reduce(0, +) == applied.count, "\(self.seed)")
    }

    // MARK: Processes

    private var cache: String { self.disk.path("cache.db") }
    private var once: [String] { self.sync() + ["--once"] }
    private var address: String { "unix:\(self.folder.path("s"))" }

    private func sync(over address: String? = nil) -> [String] {
        let server = ["--server", address ?? self.address]
        return ["sync", "--business", self.business, "--cache", self.cache] + server
    }

    /// On one address over all restarts, and on a port of each.
    private static func start(in folder: TemporaryFolder) throws -> Daemon {
        try Daemon(
            "khachd",
            [
                "serve", "--data", folder.path("data"), "--listen", "tcp:127.0.0.1:0", "--listen",
                "unix:\(folder.path("s"))",
            ],
            listens: 2,
            log: folder.url.appending(path: "khachd.log")
        )
    }

    private func start(_ arguments: [String]) throws -> Child {
        try Child(
            Binaries.url("khach"),
            arguments,
            streams: [FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice]
        )
    }

    /// Saves an address on the cache, by a process that may be killed meanwhile.
    private func edit(killAfter milliseconds: Int? = nil) throws {
        let customer = self.customers[self.random.below(self.customers.count)]
        let text = "số \(self.edits.accepted.count + self.edits.unsure.count)"
        let process = try self.start(
            ["offline", "address", customer, text, "--cache", self.cache, "--actor", "mai"]
        )
        process.kill(afterMilliseconds: milliseconds ?? 60_000)
        if process.status == 0 {
            self.edits.accepted.insert(text)
        } else {
            self.edits.unsure.insert(text)
        }
    }
}
