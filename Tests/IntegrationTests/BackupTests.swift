internal import Foundation
internal import Glibc
internal import Testing

/// Backups are taken while the server serves; a restored server is another history, and caches know
/// (sync.md B1, B2).
@Suite("Backup, restore, check", .timeLimit(.minutes(15)))
struct BackupTests {
    @Test("B1: a restored server and its caches are equal again, without fetching everything")
    func roundTrip() throws {
        let shop = try Shop()
        let business = shop.businesses[0]
        let (data, backup) = (shop.folder.path("data"), shop.folder.path("backup"))
        let made = try khachd(["backup", "--data", data, "--to", backup])
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.hasPrefix("khach-backup 1\n"))
        #expect(made.output.contains("business \(business) head "))
        #expect(try khachd(["check", "--data", backup]).status == 0)

        // What is written after the backup is lost with the server.
        let list = try shop.online(["list", "--business", business, "--limit", "3"]).objects()
        for customer in list {
            let id = try #require(customer["id"] as? String)
            let save = ["customers", "address", id, "12 Hàng Bạc", "--actor", "lan"]
            #expect(try khach(save + ["--server", shop.daemon.address]).status == 0)
        }
        let cache = try shop.sync(business)
        #expect(try shop.offline(["list", "--all"], cache).output.contains("Hàng Bạc"))
        #expect(shop.daemon.kill(SIGTERM) == 0)

        let restored = shop.folder.path("restored")
        let result = try khachd(["restore", "--from", backup, "--data", restored])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try khachd(["check", "--data", restored]).status == 0)
        let daemon = try Daemon.khachd(shop.folder, data: restored)
        let server = ["--server", daemon.address]
        let synced = try khach(["sync", "--once", "--cache", cache] + server)
        #expect(synced.status == 0, "\(synced.errors)")
        let status = try shop.offline(["status"], cache, "json").object()
        #expect(status["lastCause"] as? String == "generation")
        #expect(status["repairedRowsCount"] as? String == "3")
        #expect(status["fullResyncsCount"] as? String == "0")
        let online = try khach(
            ["customers", "list", "--business", business, "--all", "--output", "jsonl"] + server
        )
        #expect(try shop.offline(["list", "--all"], cache).lines == online.lines)
        #expect(!online.output.contains("Hàng Bạc"))
        #expect(daemon.kill(SIGTERM) == 0)
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var sql: String
        var law: String
    }

    static let faults = [
        Fault(
            testDescription: "a digest",
            sql: "UPDATE digests SET low = low + 1 WHERE rowid_of_first",
            law: "a page's digests are those of its rows"
        ),
        Fault(
            testDescription: "a record",
            sql: "UPDATE customers SET record = CAST(record || x'00' AS BLOB) WHERE id IN first",
            law: "a page's digests are those of its rows"
        ),
        Fault(
            testDescription: "a customer that is gone",
            sql: "DELETE FROM customers WHERE id IN first",
            law: "an id of a channel names a customer"
        ),
        Fault(
            testDescription: "a sequence beyond the head",
            sql: "UPDATE customers SET seq = seq + 1000000 WHERE id IN first",
            law: "no change is later than its business's last"
        ),
        Fault(
            testDescription: "a horizon beyond the head",
            sql: "UPDATE businesses SET tombstone_horizon = head + 1",
            law: "a tombstone is above its business's horizon"
        ),
        Fault(
            testDescription: "a tombstone that is forgotten and there",
            sql: """
                UPDATE businesses SET head = head + 1, tombstone_horizon = head + 1;
                INSERT INTO tombstones (business_id, seq, customer_id, record, page_id, at)
                SELECT id, head, 1, x'', 1, 1 FROM businesses
                """,
            law: "a tombstone is above its business's horizon"
        ),
        Fault(
            testDescription: "a chain that is cut",
            sql: "UPDATE customers SET last_interaction = 0 WHERE id IN first",
            law: "an interaction is in its customer's chain"
        ),
    ]

    @Test("check says which law is broken", arguments: faults)
    func check(_ fault: Fault) throws {
        let shop = try Shop()
        #expect(shop.daemon.kill(SIGTERM) == 0)
        let data = shop.folder.path("data")
        #expect(try khachd(["check", "--data", data]).status == 0)
        let sql = fault.sql
            .replacing("IN first", with: "= (SELECT min(id) FROM customers)")
            .replacing(
                "rowid_of_first",
                with: "page_id = (SELECT min(page_id) FROM digests WHERE count > 0) AND count > 0"
            )
        try change("\(data)/khach.db", sql)
        let broken = try khachd(["check", "--data", data])
        #expect(broken.status == 1)
        #expect(broken.output.contains("broken "), "\(broken.output)")
        #expect(broken.errors.contains(fault.law), "\(broken.errors)")
        let backup = try khachd(["backup", "--data", data, "--to", shop.folder.path("b")])
        #expect(backup.status == 1)
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path("b")))
    }

    @Test("what cannot be copied or restored is refused, and nothing is overwritten")
    func refusals() throws {
        let shop = try Shop()
        let (data, backup) = (shop.folder.path("data"), shop.folder.path("backup"))
        #expect(try khachd(["backup", "--data", data, "--to", backup]).status == 0)
        let cases: [([String], String)] = [
            (["backup", "--data", data, "--to", backup], "a folder to make expected"),
            (["backup", "--data", shop.folder.path("no"), "--to", "\(backup)2"], "none found"),
            (["restore", "--from", backup, "--data", data], "a folder without a store expected"),
            (["restore", "--from", data, "--data", "\(backup)3"], "manifest expected"),
            (["check", "--data", shop.folder.path("no")], "none found"),
        ]
        for (arguments, expected) in cases {
            let refused = try khachd(arguments)
            #expect(refused.status == 1, "\(arguments)")
            #expect(refused.errors.contains(expected), "\(refused.errors)")
        }
        let copy = URL(filePath: "\(backup)/khach.db")
        var bytes = try Data(contentsOf: copy)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: copy)
        let flipped = try khachd(["restore", "--from", backup, "--data", "\(backup)3"])
        #expect(flipped.status == 1)
        #expect(flipped.errors.contains("SHA-256"), "\(flipped.errors)")
        #expect(!FileManager.default.fileExists(atPath: "\(backup)3/khach.db"))
        #expect(shop.daemon.kill(SIGTERM) == 0)
    }

    private func khachd(_ arguments: [String]) throws -> CommandResult {
        try run(Binaries.url("khachd"), arguments)
    }
}
