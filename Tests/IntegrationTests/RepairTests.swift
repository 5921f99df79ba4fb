internal import CSQLite
internal import Foundation
internal import Glibc
internal import Testing

/// A cache that is damaged, or whose server became another, is made equal again, and nothing is
/// fetched anew (sync.md B, I, N1, N2).
@Suite("Repair", .timeLimit(.minutes(15)))
struct RepairTests {
    struct Damage: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var sql: String
        /// Counts that verify finds: damaged, missing or older, not on the server.
        var found: [String]
        /// Rows that repair fetches.
        var fetched: String
    }

    private static let one = "(SELECT id FROM base_customers ORDER BY id LIMIT 1 OFFSET 7)"
    private static let set = "UPDATE base_customers SET"

    static let damages = [
        Damage(
            testDescription: "I1: a byte of a record",
            sql: """
                \(set) record = CAST(substr(record, 1, length(record) - 1) || x'7F' AS BLOB)
                WHERE id = \(one)
                """,
            found: ["1", "0", "0"],
            fetched: "1"
        ),
        Damage(
            testDescription: "I1: a record that is none",
            sql: "\(set) record = x'FFFF' WHERE id = \(one)",
            found: ["1", "0", "0"],
            fetched: "1"
        ),
        Damage(
            testDescription: "I1: rows that are lost",
            sql: """
                DELETE FROM base_customers WHERE id IN
                (SELECT id FROM base_customers ORDER BY id LIMIT 3)
                """,
            found: ["3", "0", "0"],
            fetched: "3"
        ),
        Damage(
            testDescription: "I1: a row too many",
            sql: """
                INSERT INTO base_customers
                SELECT (SELECT max(id) + 1 FROM base_customers), business_id, page_id, traits,
                    created_at, first_recorded_at, first_inbound_at, last_inbound_at, name_folded,
                    record, seq, epoch
                FROM base_customers WHERE id = \(one)
                """,
            found: ["0", "0", "1"],
            fetched: "0"
        ),
        Damage(
            testDescription: "I4: one lost and one too many",
            sql: "\(set) id = (SELECT max(id) + 1 FROM base_customers) WHERE id = \(one)",
            found: ["1", "0", "1"],
            fetched: "1"
        ),
        Damage(
            testDescription: "I1: an older state",
            sql: "\(set) seq = seq - 1 WHERE id = \(one)",
            found: ["1", "0", "0"],
            fetched: "1"
        ),
        Damage(
            testDescription: "H8: a name that was written by hand",
            sql: "\(set) name_folded = 'xyz' WHERE id = \(one)",
            found: ["1", "0", "0"],
            fetched: "1"
        ),
        Damage(
            testDescription: "H8: a time that was written by hand",
            sql: "\(set) last_inbound_at = 1 WHERE id = \(one)",
            found: ["1", "0", "0"],
            fetched: "1"
        ),
        Damage(
            testDescription: "a row on another page",
            sql: """
                \(set) page_id = (SELECT max(page) FROM base_pages WHERE page <> page_id)
                WHERE id = \(one)
                """,
            found: ["1", "0", "1"],
            fetched: "1"
        ),
        Damage(
            testDescription: "a page and the business",
            sql: """
                UPDATE base_business SET record = record || x'00';
                DELETE FROM base_pages WHERE page = (SELECT min(page) FROM base_pages)
                """,
            found: ["0", "0", "0"],
            fetched: "0"
        ),
    ]

    @Test("what differs is found, fetched, and no more", arguments: damages)
    func damage(_ damage: Damage) throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let server = ["--cache", cache, "--output", "json", "--server", shop.daemon.address]
        #expect(try khach(["offline", "verify"] + server).status == 0)

        try change(cache, damage.sql)
        let verified = try khach(["offline", "verify"] + server)
        #expect(verified.status == 1, "\(verified.errors)")
        let found = try verified.object()
        #expect(found["isEqual"] as? Bool == false)
        let names = ["damagedCount", "missingCount", "surplusCount"]
        #expect(names.map { found[$0] as? String } == damage.found)

        let repaired = try khach(["offline", "repair"] + server)
        #expect(repaired.status == 0, "\(repaired.errors)")
        let report = try repaired.object()
        #expect(report["fetchedCount"] as? String == damage.fetched)
        #expect(report["isEqual"] as? Bool == true)
        try shop.expectEqual(business, cache)
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    @Test("B1, N2: after another generation a sync compares, and fetches what changed meanwhile")
    func generation() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        #expect(shop.daemon.kill(SIGTERM) == 0)
        // The server's store as it was restored: other state, other history.
        let store = shop.folder.path("data/khach.db")
        try change(store, "UPDATE meta SET generation = randomblob(16)")
        let daemon = try Daemon.khachd(shop.folder)
        let list = ["customers", "list", "--business", business, "--output", "jsonl"]
        let id = try khach(list + ["--limit", "1", "--server", daemon.address]).objects()[0]["id"]
        let address = ["customers", "address", try #require(id as? String), "12 Hàng Bạc"]
        let saved = try khach(
            address + ["--revision", "0", "--actor", "lan", "--server", daemon.address]
        )
        #expect(saved.status == 0, "\(saved.errors)")

        let synced = try khach(["sync", "--once", "--cache", cache, "--server", daemon.address])
        #expect(synced.status == 0, "\(synced.errors)")
        let status = try khach(["offline", "status", "--cache", cache, "--output", "json"]).object()
        #expect(status["lastCause"] as? String == "generation")
        #expect(status["fullResyncsCount"] as? String == "0")
        #expect(status["repairedRowsCount"] as? String == "1")
        #expect(status["isRepairing"] as? Bool == false)
        #expect(status["verifiedSeq"] as? String == status["seq"] as? String)
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("B5: a server that has far fewer customers empties no cache unasked")
    func shrink() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let cache = try shop.sync(business)
        let before = try shop.offline(["count"], cache, "json").object()["count"] as? String
        #expect(shop.daemon.kill(SIGTERM) == 0)
        let store = shop.folder.path("data/khach.db")
        try change(
            store,
            """
            UPDATE meta SET generation = randomblob(16), rebuild = 0;
            DELETE FROM customers; DELETE FROM digests; DELETE FROM identities
            """
        )
        let daemon = try Daemon.khachd(shop.folder)
        let server = ["--cache", cache, "--server", daemon.address]
        for command in [["sync", "--once"], ["offline", "repair"]] {
            let refused = try khach(command + server)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("a server with the customers of the cache expected"))
            let kept = try shop.offline(["count"], cache, "json").object()["count"] as? String
            #expect(kept == before)
        }
        let accepted = try khach(["offline", "repair", "--accept-shrink"] + server)
        #expect(accepted.status == 0, "\(accepted.errors)")
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["customersCount"] as? String == "0")
        #expect(daemon.kill(SIGTERM) == 0)
    }

    @Test("verify and repair need a cache that is there, and a server")
    func refusals() throws {
        let shop = try Shop()
        for command in ["verify", "repair"] {
            let absent = shop.folder.path("none.db")
            let nothing = try khach([
                "offline", command, "--cache", absent, "--server", shop.daemon.address,
            ])
            #expect(nothing.status == 4)
            #expect(!FileManager.default.fileExists(atPath: absent))
        }
        let cache = try shop.sync(shop.businesses[0])
        let address = shop.daemon.address
        #expect(shop.daemon.kill(SIGTERM) == 0)
        let away = try khach(["offline", "verify", "--cache", cache, "--server", address])
        #expect(away.status == 5, "\(away.errors)")
    }
}

extension Shop {
    /// Expects that a cache answers as its server does, and that both say that it is equal.
    func expectEqual(
        _ business: String,
        _ cache: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let all = try self.online(["list", "--business", business, "--all"])
        for filter in try self.filters(business, all) {
            let online = try self.online(["list", "--business", business, "--all"] + filter)
            let offline = try self.offline(["list", "--all"] + filter, cache)
            #expect(offline.lines == online.lines, "\(filter)", sourceLocation: sourceLocation)
        }
        for name in ["nguyen", "an", "xyz"] {
            let search = ["search", name, "--limit", "1000"]
            let online = try self.online(search + ["--business", business])
            let offline = try self.offline(search, cache)
            #expect(offline.lines == online.lines, "\(name)", sourceLocation: sourceLocation)
        }
        let verified = try khach([
            "offline", "verify", "--cache", cache, "--server", self.daemon.address,
        ])
        #expect(verified.status == 0, "\(verified.errors)", sourceLocation: sourceLocation)
    }
}

/// Changes a file behind the back of those who own it.
func change(
    _ path: String,
    _ sql: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var database: OpaquePointer?
    #expect(sqlite3_open(path, &database) == SQLITE_OK, sourceLocation: sourceLocation)
    defer { sqlite3_close(database) }
    var message: UnsafeMutablePointer<CChar>?
    let result = sqlite3_exec(database, sql, nil, nil, &message)
    #expect(
        result == SQLITE_OK,
        "\(message.map { String(cString: $0) } ?? "")",
        sourceLocation: sourceLocation
    )
    sqlite3_free(message)
}
