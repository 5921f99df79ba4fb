internal import Foundation
internal import Glibc
internal import Testing

/// A cache says what has changed, why a customer is there, and how it is; and it can be wiped
/// (sync.md H9, N10).
@Suite("Looking at a cache", .timeLimit(.minutes(15)))
struct LookTests {
    @Test("diff says what has changed since the cache was away")
    func diff() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let ids = try shop.online(["list", "--business", business, "--limit", "3"]).objects()
            .compactMap { $0["id"] as? String }
        let none = try shop.offline(["diff"], cache, "json").object()
        #expect(none["changedCount"] as? String == "0")

        // An hour passes.
        try change(cache, "UPDATE sync_state SET as_of_ms = as_of_ms - 3600000")
        let edits = [
            ["erase", ids[0], "--yes"], ["block", ids[1]],
            ["address", ids[2], "12 Hàng Bạc", "--revision", "0"],
        ]
        for edit in edits {
            let server = ["--actor", "lan", "--server", shop.daemon.address]
            let done = try khach(["customers"] + edit + server)
            #expect(done.status == 0, "\(done.errors)")
        }
        _ = try shop.sync(business)
        let found = try shop.offline(["diff"], cache, "json").object()
        let names = ["newCount", "goneCount", "blockedCount", "unblockedCount", "changedCount"]
        #expect(names.map { found[$0] as? String } == ["0", "1", "1", "0", "2"])
        let table = try shop.offline(["diff"], cache, "table").output
        #expect(table.contains("when it was last online: 1 gone, 1 blocked; 2 customers changed"))
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("explain says what cache and server have of a customer")
    func explain() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let id = try #require(
            try shop.online(["list", "--business", business, "--limit", "1"]).objects()[0]["id"]
                as? String
        )
        let server = ["--cache", cache, "--server", shop.daemon.address]
        let same = try khach(["offline", "explain", id, "--output", "json"] + server).object()
        #expect(same["presence"] as? String == "present")
        #expect(same["server"] as? String == "same")
        let nobody = try khach(["offline", "explain", "c0000000000001"] + server).output
        #expect(nobody.contains("no; the cache has everything as of seq"))
        #expect(nobody.contains("has no such customer"))

        let saved = try khach([
            "customers", "address", id, "12 Hàng Bạc", "--revision", "0", "--actor", "lan",
            "--server", shop.daemon.address,
        ])
        #expect(saved.status == 0, "\(saved.errors)")
        #expect(try khach(["offline", "explain", id] + server).output.contains("another state"))
        let local = try shop.offline(["explain", id, "--local"], cache, "json").object()
        #expect(local["server"] as? String == "notAsked")
        #expect(shop.daemon.kill(SIGTERM) == 0)
        let silent = try khach(["offline", "explain", id] + server)
        #expect(silent.status == 0)
        #expect(silent.output.contains("gave no answer"))
        #expect(try khach(["offline", "explain", "x"] + server).status == 1)
    }

    @Test("what cannot be read is counted, explained and looked at")
    func quarantine() throws {
        let shop = try Shop()
        let cache = try shop.sync(shop.businesses[0])
        #expect(shop.daemon.kill(SIGTERM) == 0)
        #expect(try shop.offline(["doctor", "--local"], cache, "table").status == 0)
        try change(
            cache,
            """
            INSERT INTO quarantine SELECT 3, id, page_id, seq + 1, epoch, x'FF', 'a test', '0.0.9'
            FROM base_customers LIMIT 1
            """
        )
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["quarantinedCount"] as? String == "1")
        let table = try shop.offline(["status"], cache, "table").output
        #expect(table.contains("1 that this version cannot read"))
        let ids = try shop.offline(["list", "--all"], cache).objects().compactMap { $0["id"] }
        let older = try ids.filter { id in
            let found = try shop.offline(["explain", "\(id)", "--local"], cache, "json").object()
            return found["presence"] as? String == "older"
        }
        #expect(older.count == 1)

        let doctor = try khach(["offline", "doctor", "--local", "--cache", cache])
        #expect(doctor.status == 1)
        #expect(doctor.errors.contains("a cache in order expected, found bad: put aside"))
        #expect(doctor.output.contains("BAD: 1 records"))
    }

    @Test("H9: wipe removes a cache and what lies beside it, and asks")
    func wipe() throws {
        let shop = try Shop()
        let cache = try shop.sync(shop.businesses[0])
        let files = ["", "-wal", "-shm", "-lock"].map { cache + $0 }
        #expect(try khach(["offline", "wipe", "--cache", cache]).status == 64)
        #expect(FileManager.default.fileExists(atPath: cache))
        let id = try #require(
            try shop.offline(["list", "--limit", "1"], cache).objects()[0]["id"] as? String
        )
        let edit = ["offline", "address", id, "12 Hàng Bạc", "--actor", "lan", "--cache", cache]
        #expect(try khach(edit).status == 0)
        let explained = try shop.offline(["explain", id, "--local"], cache, "json").object()
        #expect(explained["pendingCount"] as? String == "1")
        let waiting = try khach(["offline", "wipe", "--yes", "--cache", cache])
        #expect(waiting.status == 1)
        #expect(waiting.errors.contains("1 found: khach sync sends them"))
        let wiped = try khach([
            "offline", "wipe", "--yes", "--discard-edits", "--cache", cache,
        ])
        #expect(wiped.status == 0, "\(wiped.errors)")
        #expect(!files.contains { FileManager.default.fileExists(atPath: $0) })
        #expect(try khach(["offline", "wipe", "--yes", "--cache", cache]).status == 4)

        let other = shop.folder.path("letter.txt")
        try "a letter to a friend".write(toFile: other, atomically: true, encoding: .utf8)
        #expect(try khach(["offline", "wipe", "--yes", "--cache", other]).status == 1)
        #expect(try String(contentsOfFile: other, encoding: .utf8) == "a letter to a friend")
        // A new one is as good as the old one.
        _ = try shop.sync(shop.businesses[0])
        // What waits in a cache of a newer khach cannot be counted.
        try change(cache, "PRAGMA user_version = 99")
        let newer = try khach(["offline", "wipe", "--yes", "--cache", cache])
        #expect(newer.status == 1)
        #expect(newer.errors.contains("--discard-edits gives up what may wait in it"))
        #expect(FileManager.default.fileExists(atPath: cache))
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }
}
