internal import CSQLite
internal import Foundation
internal import Glibc
internal import Testing

/// Deletions that the server has forgotten are found all the same, and nothing is fetched anew for
/// it (sync.md C).
@Suite("Forgotten deletions", .timeLimit(.minutes(15)))
struct TombstoneTests {
    @Test("C1: a cache that was away for longer than tombstones are kept finds who is gone")
    func away() throws {
        let shop = try Shop(["--keep-tombstones", "1s"])
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let server = ["--server", shop.daemon.address]
        let ids = try shop.online(["list", "--business", business, "--all"]).objects()
            .compactMap { $0["id"] as? String }
        for id in ids.prefix(4) {
            let erased = try khach(["customers", "erase", id, "--yes", "--actor", "lan"] + server)
            #expect(erased.status == 0, "\(erased.errors)")
        }
        let address = ["customers", "address", ids[4], "12 Hàng Bạc", "--revision", "0"]
        #expect(try khach(address + ["--actor", "lan"] + server).status == 0)
        try awaitNoTombstones(in: shop.folder.path("data"))

        let synced = try khach(["sync", "--once", "--cache", cache] + server)
        #expect(synced.status == 0, "\(synced.errors)")
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["lastCause"] as? String == "horizon")
        #expect(status["fullResyncsCount"] as? String == "0")
        #expect(status["repairedRowsCount"] as? String == "4")
        #expect(status["isRepairing"] as? Bool == false)
        #expect(status["verifiedSeq"] as? String == status["seq"] as? String)
        try shop.expectEqual(business, cache)

        // Beyond the horizon nothing is compared any more.
        let before = try shop.offline(["status"], cache, "json").object()
        let again = try khach(["sync", "--once", "--cache", cache] + server)
        #expect(again.status == 0, "\(again.errors)")
        let after = try shop.offline(["status"], cache, "json").object()
        #expect(after["repairsCount"] as? String == before["repairsCount"] as? String)
        #expect(after["verifiedAt"] as? String == before["verifiedAt"] as? String)
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("C4: a compaction that is killed leaves a whole store, and goes on")
    func killed() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        #expect(shop.daemon.kill(SIGTERM) == 0)
        let data = shop.folder.path("data")
        let count = 20_000
        try change(
            "\(data)/khach.db",
            """
            CREATE TEMP TABLE first AS SELECT id, head FROM businesses ORDER BY id LIMIT 1;
            WITH RECURSIVE n (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n WHERE n < \(count))
            INSERT INTO tombstones (business_id, seq, customer_id, record, page_id, at)
            SELECT first.id, first.head + n, n, x'', 1, 1000 * unixepoch() - 8640000000 + n
            FROM n, first;
            UPDATE businesses SET head = head + \(count) WHERE id = (SELECT id FROM first)
            """
        )
        let head = try number("SELECT head FROM businesses ORDER BY id LIMIT 1", in: data)
        for left in [count - 1, count / 2, 1] {
            let daemon = try Daemon.khachd(shop.folder)
            try awaitTombstones(atMost: left, in: data)
            daemon.kill(SIGKILL)
            #expect(try run(Binaries.url("khachd"), ["check", "--data", data]).status == 0)
        }
        let daemon = try Daemon.khachd(shop.folder)
        try awaitNoTombstones(in: data)
        let horizon = "SELECT tombstone_horizon FROM businesses ORDER BY id LIMIT 1"
        #expect(try number(horizon, in: data) == head)
        let synced = try khach(["sync", "--once", "--cache", cache, "--server", daemon.address])
        #expect(synced.status == 0, "\(synced.errors)")
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["seq"] as? String == "\(head)")
        #expect(status["fullResyncsCount"] as? String == "0")
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("B8: a restored store keeps its horizon, and a cache from before it is made equal")
    func restored() throws {
        let shop = try Shop(["--keep-tombstones", "1s"])
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let list = try shop.online(["list", "--business", business, "--limit", "1"]).objects()
        let erase = ["customers", "erase", try #require(list[0]["id"] as? String), "--yes"]
        let server = ["--actor", "lan", "--server", shop.daemon.address]
        #expect(try khach(erase + server).status == 0)
        let (data, backup) = (shop.folder.path("data"), shop.folder.path("backup"))
        try awaitNoTombstones(in: data)
        let horizon = "SELECT max(tombstone_horizon) FROM businesses"
        let before = try number(horizon, in: data)
        #expect(before > 0)
        let khachd = Binaries.url("khachd")
        #expect(try run(khachd, ["backup", "--data", data, "--to", backup]).status == 0)
        #expect(shop.daemon.kill(SIGTERM) == 0)

        let restored = shop.folder.path("restored")
        #expect(try run(khachd, ["restore", "--from", backup, "--data", restored]).status == 0)
        #expect(try number(horizon, in: restored) == before)
        #expect(try run(khachd, ["check", "--data", restored]).status == 0)
        let daemon = try Daemon.khachd(shop.folder, data: restored)
        let synced = try khach(["sync", "--once", "--cache", cache, "--server", daemon.address])
        #expect(synced.status == 0, "\(synced.errors)")
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["lastCause"] as? String == "generation")
        #expect(status["repairedRowsCount"] as? String == "1")
        #expect(status["fullResyncsCount"] as? String == "0")
        #expect(daemon.kill(SIGTERM) == 0)
    }
}

/// Waits until the server of a data folder has compacted every tombstone.
func awaitNoTombstones(in data: String) throws {
    try awaitTombstones(atMost: 0, in: data)
}

private func awaitTombstones(atMost count: Int, in data: String) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try number("SELECT count(*) FROM tombstones", in: data) > count {
        try #require(ContinuousClock.now < deadline, "at most \(count) tombstones expected")
        sched_yield()
    }
}

/// One number of a store that may be in use.
private func number(_ sql: String, in data: String) throws -> Int {
    var database: OpaquePointer?
    var statement: OpaquePointer?
    defer {
        sqlite3_finalize(statement)
        sqlite3_close(database)
    }
    let opened = sqlite3_open_v2("\(data)/khach.db", &database, SQLITE_OPEN_READONLY, nil)
    try #require(opened == SQLITE_OK)
    sqlite3_busy_timeout(database, 60_000)
    try #require(sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK)
    try #require(sqlite3_step(statement) == SQLITE_ROW)
    return Int(sqlite3_column_int64(statement, 0))
}
