internal import Foundation
internal import Glibc
internal import Testing

/// A cache answers what the server answers, to the byte, and says of when.
@Suite("Offline answers", .timeLimit(.minutes(15)))
struct OfflineTests {
    @Test("every list is line by line the list of the server")
    func listsAreTheSame() throws {
        let shop = try Shop()
        for business in shop.businesses {
            let cache = try shop.sync(business)
            let all = try shop.online(["list", "--business", business, "--all"])
            #expect(!all.lines.isEmpty)
            for filter in try shop.filters(business, all) {
                let online = try shop.online(["list", "--business", business, "--all"] + filter)
                let offline = try shop.offline(["list", "--all"] + filter, cache)
                #expect(offline.lines == online.lines, "\(filter)")
                #expect(offline.errors.hasPrefix("as of seq "), "\(offline.errors)")
            }
        }
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("one document has the shape of the server's, and says of when")
    func document() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let flags = ["list", "--limit", "5"]
        let online = try shop.online(flags + ["--business", business], "json").object()
        let offline = try shop.offline(flags, cache, "json").object()
        #expect((offline["customers"] as? [[String: Any]])?.count == 5)
        #expect(try Self.canonical(offline["customers"]) == Self.canonical(online["customers"]))
        #expect(offline["asOfSeq"] as? String == online["asOfSeq"] as? String)
        #expect((offline["asOf"] as? String)?.hasSuffix("Z") == true)

        let id = try #require((offline["customers"] as? [[String: Any]])?[0]["id"] as? String)
        let found = try shop.online(["get", id], "json").object()
        let kept = try shop.offline(["get", id], cache, "json").object()
        #expect(try Self.canonical(kept["customer"]) == Self.canonical(found["customer"]))
        #expect(kept["seq"] as? String == found["seq"] as? String)
        #expect(kept["businessId"] as? String == business)

        let line = try shop.offline(["get", id], cache)
        let first = try shop.online(flags + ["--business", business])
        #expect(line.lines == [first.lines[0]])
        let name = try #require(try first.objects().compactMap { $0["name"] as? String }.first)
        let hit = try shop.offline(["search", name], cache)
        let whole = try shop.online(["list", "--business", business, "--all"])
        #expect(!hit.lines.isEmpty)
        #expect(Set(hit.lines).isSubset(of: Set(whole.lines)))
        let columns = try khach(["offline", "list", "--cache", cache]).lines[0]
        #expect(
            try khach(
                ["customers", "list", "--business", business, "--server", shop.daemon.address]
            ).lines[0].split(separator: " ") == columns.split(separator: " ")
        )
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("a sync says what it did, and a cache knows whose it is")
    func syncSummary() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let server = ["--once", "--server", shop.daemon.address]
        let cache = shop.folder.path("own.db")

        let nameless = try khach(["sync", "--cache", cache] + server)
        #expect(nameless.status == 64)
        #expect(nameless.errors.contains("--business or KHACH_BUSINESS expected"))
        #expect(!FileManager.default.fileExists(atPath: cache))

        let arguments = ["sync", "--cache", cache] + server
        let first = try khach(arguments + ["--business", business, "--output", "json"]).object()
        let count = try #require(first["customersCount"] as? String)
        #expect(first["changed"] as? String == count)
        #expect(first["gone"] as? String == "0")
        #expect((first["seconds"] as? Double ?? -1) >= 0)
        #expect(first["rowsPerSecond"] as? Int ?? -1 >= 0)
        #expect((first["bytes"] as? String).flatMap { Int($0) } ?? 0 > 0)
        #expect((first["asOf"] as? String)?.hasSuffix("Z") == true)

        let again = try khach(arguments)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.hasPrefix("0 customers synced in "), "\(again.output)")
        #expect(again.output.contains("\(count) customers as of seq "), "\(again.output)")
        #expect(try khach(arguments + ["--output", "jsonl"]).lines.count == 1)

        let other = try khach(arguments + ["--business", shop.businesses[1]])
        #expect(other.status == 1)
        #expect(other.errors.contains("\(shop.businesses[1]) expected"), "\(other.errors)")
        let status = try shop.offline(["status"], cache).object()
        #expect(status["businessId"] as? String == business)
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("what is malformed, and what is not there, has its status online and offline")
    func statuses() throws {
        let shop = try Shop()
        let cache = try shop.sync(shop.businesses[0])
        let cases: [(String, Int32)] = [
            ("nonsense", 1), ("p0000000000001", 1), ("c0000000000001", 4),
        ]
        for (id, expected) in cases {
            let online = try khach(["customers", "get", id, "--server", shop.daemon.address])
            let offline = try khach(["offline", "get", id, "--cache", cache])
            for result in [online, offline] {
                #expect(result.status == expected, "\(id): \(result.errors)")
                #expect(result.errors.contains("expected"), "\(result.errors)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
                #expect(result.output.isEmpty)
            }
        }
        let absent = try khach(["offline", "list", "--cache", shop.folder.path("none.db")])
        #expect(absent.status == 4)
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    private static func canonical(_ value: Any?) throws -> Data {
        try JSONSerialization.data(withJSONObject: try #require(value), options: .sortedKeys)
    }
}

/// A server with some hundred lines of the sample, and caches of its businesses.
struct Shop {
    let folder: TemporaryFolder
    let daemon: Daemon
    let businesses: [String]

    /// The store that every shop begins with, recorded once.
    private struct Opening: Sendable {
        let file: Data
        let businesses: [String]
    }

    private static let opening = Result { try Self.record() }

    init(_ settings: [String] = []) throws {
        let opening = try Self.opening.get()
        self.folder = try TemporaryFolder()
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: self.folder.path("data"),
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        let isMade = manager.createFile(
            atPath: self.folder.path("data/khach.db"),
            contents: opening.file,
            attributes: [.posixPermissions: 0o600]
        )
        try #require(isMade)
        self.businesses = opening.businesses
        self.daemon = try Daemon.khachd(self.folder, settings)
    }

    private static func record() throws -> Opening {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address]
        let made = try khach(["sample", "setup", "--size", "S", "--output", "jsonl"] + server)
        let businesses = try made.objects().compactMap { $0["id"] as? String }
        let lines = try khach(["sample", "--size", "S", "--out", "-"]).lines.prefix(900)
        let recorded = try khach(
            ["interactions", "record", "-"] + server,
            input: Data(lines.joined(separator: "\n").utf8)
        )
        #expect(recorded.status == 0, "\(recorded.errors)")
        // It ends with everything in the file itself, and nothing in its log.
        #expect(daemon.kill(SIGTERM) == 0)
        let file = try Data(contentsOf: URL(filePath: folder.path("data/khach.db")))
        return Opening(file: file, businesses: businesses)
    }

    /// The path of the cache.
    func sync(_ business: String) throws -> String {
        let cache = self.folder.path("\(business).db")
        let synced = try khach([
            "sync", "--business", business, "--cache", cache, "--once", "--server",
            self.daemon.address,
        ])
        #expect(synced.status == 0, "\(synced.errors)")
        return cache
    }

    func online(_ arguments: [String], _ format: String = "jsonl") throws -> CommandResult {
        let server = ["--server", self.daemon.address, "--output", format]
        let result = try khach(["customers"] + arguments + server)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    func offline(
        _ arguments: [String],
        _ cache: String,
        _ format: String = "jsonl"
    ) throws -> CommandResult {
        let result = try khach(["offline"] + arguments + ["--cache", cache, "--output", format])
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    /// No filter, each page, and days about the middle of the list.
    func filters(_ business: String, _ all: CommandResult) throws -> [[String]] {
        let pages = try khach([
            "page", "list", "--business", business, "--server", self.daemon.address, "--output",
            "jsonl",
        ]).objects().compactMap { $0["id"] as? String }
        let created = try all.objects().compactMap { $0["createdAt"] as? String }
        let day = String(created[created.count / 2].prefix(10))
        return [[], ["--created-from", day], ["--created-to", day]]
            + [["--created-from", day, "--created-to", day, "--page", pages[0]]]
            + pages.map { ["--page", $0] }
    }
}
