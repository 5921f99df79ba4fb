internal import CSQLite
internal import Foundation
internal import Glibc
internal import Testing

/// Who is erased is gone from every file: the store's, and a cache's at its next sync (I6, §3).
@Suite("Erasure", .timeLimit(.minutes(15)))
struct EraseTests {
    @Test("nothing personal is left in any file of the server, as it runs, or of a cache")
    func erase() async throws {
        let scene = try Scene()
        let reader = try OutsideReader(of: scene.folder.path("data/khach.db"))
        try scene.erase()
        let sync = try khach(scene.sync)
        #expect(sync.status == 0, "\(sync.errors)")
        #expect(try khach(["offline", "get", scene.id, "--cache", scene.cache]).status == 4)
        #expect(!scene.files().isEmpty, "a log that is read cannot be emptied")

        // Nothing is written from here on.
        reader.close()
        let deadline = ContinuousClock.now + .seconds(30)
        while !scene.files().isEmpty {
            try #require(ContinuousClock.now < deadline, "\(scene.files())")
            await Task.yield()
        }
        #expect(scene.daemon.kill(SIGTERM) == 0)
        #expect(scene.files() == [])
    }

    @Test("C7: nothing personal is left in a cache that was not told, for it was away too long")
    func away() throws {
        let scene = try Scene(["--keep-tombstones", "1s"])
        try scene.erase()
        try awaitNoTombstones(in: scene.folder.path("data"))
        #expect(scene.files("cache.db") != [])
        let sync = try khach(scene.sync)
        #expect(sync.status == 0, "\(sync.errors)")
        #expect(try khach(["offline", "get", scene.id, "--cache", scene.cache]).status == 4)
        #expect(scene.files("cache.db") == [])
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }

    @Test("nothing personal is left when a server listens after one that was killed")
    func killed() throws {
        let scene = try Scene()
        let reader = try OutsideReader(of: scene.folder.path("data/khach.db"))
        try scene.erase()
        #expect(scene.daemon.kill(SIGKILL) == nil)
        reader.close()
        #expect(scene.files("data/") != [], "the log of a server that was killed stays")

        let daemon = try Daemon.khachd(scene.folder)
        #expect(scene.files("data/") == [])
        #expect(daemon.kill(SIGTERM) == 0)
    }
}

/// A server and a cache that hold all the traces of one customer.
private struct Scene {
    /// Nothing else holds these, in any form that is stored.
    private static let traces = [
        "Zzyzx Quách", "zzyzx quach", "+84987654301", "0987 654 301", "zzyzx@example.vn",
        "u-zzyzx", "12 Hàng Zzyzx", "t-zzyzx", "zzyzx", "quach",
    ]
    private static let message = """
        {"channel":"FACEBOOK","externalPageId":"fb1","eventKey":"m:1","externalUserId":"u-zzyzx",\
        "direction":"INBOUND","kind":"MESSAGE","conversationKey":"t-zzyzx",\
        "occurredAt":"2026-05-01T03:00:00Z","nameHint":"Zzyzx Quách",\
        "text":"sđt 0987 654 301, zzyzx@example.vn"}
        """

    let folder: TemporaryFolder
    let daemon: Daemon
    let id: String
    let cache: String
    /// The arguments that bring the cache up to date.
    let sync: [String]
    private let server: [String]

    init(_ settings: [String] = []) throws {
        self.folder = try TemporaryFolder()
        self.daemon = try Daemon.khachd(self.folder, settings)
        self.server = ["--server", self.daemon.address]
        let json = self.server + ["--output", "json"]
        let business = try #require(
            try khach(["business", "create", "Nhà Mây"] + json).object()["id"] as? String
        )
        _ = try khach(
            [
                "page", "create", "--business", business, "--channel", "facebook",
                "--external-id", "fb1", "Nhà Mây",
            ] + json
        )
        let record = ["interactions", "record", "-"] + self.server
        #expect(try khach(record, input: Data(Self.message.utf8)).status == 0)
        let list = ["customers", "list", "--business", business, "--output", "jsonl"]
        self.id = try #require(try khach(list + self.server).objects().first?["id"] as? String)
        self.cache = self.folder.path("cache.db")
        self.sync =
            ["sync", "--business", business, "--cache", self.cache, "--once"] + self.server
        try self.call(
            "UpdateCustomer",
            [
                "id": self.id, "updateMask": "address", "address": "12 Hàng Zzyzx",
                "mutation": ["actor": "lan", "requestId": "r1"],
            ]
        )
        #expect(try khach(self.sync).status == 0)
        for trace in Self.traces {
            // Else nothing would be shown by its absence.
            let files = self.files(with: [trace])
            #expect(files.contains { $0.hasPrefix("data/") }, "\(trace)")
        }
        #expect(self.files(with: ["zzyzx quach"]).contains { $0.hasPrefix("cache.db") })
    }

    func erase() throws {
        try self.call("EraseCustomer", ["id": self.id, "mutation": ["actor": "lan"]])
    }

    private func call(_ method: String, _ request: [String: Any]) throws {
        let body = try JSONSerialization.data(withJSONObject: request)
        let text = String(decoding: body, as: UTF8.self)
        let result = try khach(["call", "khach.v1.CustomerService/\(method)", text] + self.server)
        #expect(result.status == 0, "\(result.errors)")
    }

    /// The names of the files, from a prefix on, that hold the bytes of a trace.
    func files(_ prefix: String = "") -> [String] {
        self.files(with: Self.traces).filter { $0.hasPrefix(prefix) }
    }

    private func files(with traces: [String]) -> [String] {
        let names = FileManager.default.enumerator(atPath: self.folder.url.path)?.allObjects ?? []
        return names.compactMap { $0 as? String }.filter { name in
            guard let bytes = FileManager.default.contents(atPath: self.folder.path(name)) else {
                return false
            }
            return traces.contains { bytes.range(of: Data($0.utf8)) != nil }
        }.sorted()
    }
}

/// A stranger that reads a store's file, and so holds its log, until it is closed.
private final class OutsideReader {
    private var handle: OpaquePointer?

    init(of path: String) throws {
        let result = sqlite3_open_v2(path, &self.handle, SQLITE_OPEN_READONLY, nil)
        try #require(result == SQLITE_OK)
        let sql = "BEGIN; SELECT count(*) FROM interactions"
        try #require(sqlite3_exec(self.handle, sql, nil, nil, nil) == SQLITE_OK)
    }

    deinit {
        self.close()
    }

    func close() {
        sqlite3_close_v2(self.handle)
        self.handle = nil
    }
}
