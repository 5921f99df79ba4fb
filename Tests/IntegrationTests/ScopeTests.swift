internal import Foundation
internal import Glibc
internal import Testing

/// A cache has what its token's pages have, and follows them when they change (sync.md D).
@Suite("Scopes of caches", .timeLimit(.minutes(15)))
struct ScopeTests {
    @Test("D1, D3, D6: pages leave and come back; what changed meanwhile is as it is now")
    func regrant() throws {
        let scene = try KnownShop()
        let business = scene.shop.businesses[0]
        let listed = try scene.run([
            "page", "list", "--business", business, "--output", "jsonl",
        ])
        let pages = try listed.objects().compactMap { $0["id"] as? String }
        try #require(pages.count >= 2)
        let cache = scene.shop.folder.path("agent.db")
        let sync = ["sync", "--business", business, "--cache", cache, "--once"] + scene.server
        func expectSynced(_ granted: [String], cause: String?) throws {
            let environment = ["KHACH_TOKEN": try scene.token(business, granted)]
            let synced = try known(sync, environment)
            #expect(synced.status == 0, "\(synced.errors)")
            let list = ["customers", "list", "--business", business, "--all", "--output", "jsonl"]
            let online = try known(list + scene.server, environment)
            #expect(!online.lines.isEmpty)
            #expect(try scene.shop.offline(["list", "--all"], cache).lines == online.lines)
            let whole = try scene.run(list + granted.flatMap { ["--page", $0] })
            #expect(online.lines == whole.lines)
            let verify = ["offline", "verify", "--cache", cache] + scene.server
            let verified = try known(verify, environment)
            #expect(verified.status == 0, "\(verified.errors)")
            let status = try scene.shop.offline(["status"], cache, "json").object()
            #expect(status["fullResyncsCount"] as? String == "0")
            if let cause { #expect(status["lastCause"] as? String == cause) }
        }
        try expectSynced([pages[0], pages[1]], cause: nil)
        try expectSynced([pages[0]], cause: "scope")
        // Gone from the page that the cache does not have meanwhile, and changed on it.
        let list = ["customers", "list", "--business", business, "--page", pages[1], "--all"]
        let ids = try scene.run(list + ["--output", "jsonl"]).objects()
            .compactMap { $0["id"] as? String }
        let erase = ["customers", "erase", ids[0], "--yes", "--actor", "an"]
        #expect(try scene.run(erase).status == 0)
        // What left says why, and is not called erased.
        let left = try scene.shop.offline(["explain", ids[1], "--local"], cache, "json").object()
        #expect(left["presence"] as? String == "outOfScope")
        let difference = try scene.shop.offline(["diff"], cache, "json").object()
        #expect(difference["outOfScopeCount"] as? String == "\(ids.count)")
        #expect(difference["goneCount"] as? String == "\(ids.count)")
        let address = ["customers", "address", ids[1], "12 Hàng Bạc", "--revision", "0"]
        #expect(try scene.run(address + ["--actor", "an"]).status == 0)
        try expectSynced([pages[0], pages[1]], cause: "scope")
        #expect(try scene.shop.offline(["list", "--all"], cache).output.contains("Hàng Bạc"))
        try expectSynced([pages[1]], cause: "scope")
        // No byte of what left is kept (O7).
        let gone = try scene.run([
            "customers", "list", "--business", business, "--page", pages[0], "--all", "--output",
            "jsonl",
        ]).objects().compactMap { $0["externalUserId"] as? String }
        #expect(!gone.isEmpty)
        for suffix in ["", "-wal"] {
            guard let bytes = FileManager.default.contents(atPath: cache + suffix) else { continue }

            let kept = gone.filter { bytes.range(of: Data($0.utf8)) != nil }
            #expect(kept == [], "in \(suffix)")
        }
        #expect(scene.daemon.kill(SIGTERM) == 0)
    }
}
