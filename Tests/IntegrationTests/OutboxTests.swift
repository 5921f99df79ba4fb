internal import Foundation
internal import Glibc
internal import Testing

/// Edits that were made on a cache reach the server once each, whatever happens on the way
/// (sync.md G, B3, B6, I3, N3).
@Suite("Outbox", .timeLimit(.minutes(15)))
struct OutboxTests {
    @Test("O4, G8, I3: what was edited offline is shown at once, sent by a sync, and then the same")
    func roundTrip() throws {
        let counter = try Counter()
        let (first, second) = (counter.customers[0], counter.customers[1])
        let edits = [
            ["address", first, "12 Hàng Bạc"], ["rename", first, "Đặng Thị Đào"],
            ["contacts", "add", first, "0987 654 321"], ["contacts", "pin", first, "0987654321"],
            ["block", second, "--reason", "spam"],
        ]
        for edit in edits { try counter.edit(edit) }
        let shown = try counter.get(first)
        #expect(shown["isPending"] as? Bool == true)
        let customer = try #require(shown["customer"] as? [String: Any])
        #expect(customer["name"] as? String == "Đặng Thị Đào")
        #expect((customer["address"] as? [String: Any])?["text"] as? String == "12 Hàng Bạc")
        let phones = try #require(customer["phones"] as? [[String: Any]])
        #expect(phones.first?["value"] as? String == "+84987654321")
        // Lists, searches and counts are of what is shown.
        #expect(try counter.offline(["search", "dao"]).lines.count == 1)
        #expect(try counter.offline(["count", "--blocked", "yes"], "table").output.hasPrefix("1 "))
        // Digests are of what the server sent.
        #expect(try counter.verify().status == 0)
        #expect(try counter.status()["waitingCount"] as? String == "5")

        let synced = try counter.sync()
        #expect(synced.output.contains("; 5 edits sent"))
        #expect(try counter.get(first)["isPending"] == nil)
        #expect(try counter.status()["waitingCount"] as? String == "0")
        try counter.expectEqual()
        let audit = try counter.shop.khach(["audit", "--customer", first, "--output", "jsonl"])
        let names = try audit.objects().compactMap { $0["requestId"] as? String }
        #expect(names.count == 4 && names.allSatisfy { $0.contains("/") })
        counter.stop()
    }

    @Test("G9: a save that somebody overtook ends with both values, and can be made once more")
    func superseded() throws {
        let counter = try Counter()
        let customer = counter.customers[0]
        try counter.edit(["address", customer, "mine"])
        _ = try counter.shop.lines(["customers", "address", customer, "theirs"])
        #expect(try counter.sync().output.contains("1 not done (khach offline outbox)"))
        let list = try counter.offline(["outbox"]).objects()
        #expect(list.count == 1)
        #expect(list[0]["state"] as? String == "superseded")
        #expect(list[0]["value"] as? String == "mine")
        #expect(list[0]["stored"] as? String == "theirs")
        #expect(list[0]["storedBy"] as? String == "lan")
        try counter.expectEqual()

        #expect(
            try counter.offline(["outbox", "retry", "1"]).objects()[0]["mutationId"] as? String
                == "2"
        )
        #expect(!(try counter.sync().output.contains("not done")))
        try counter.expectEqual()
        #expect(try counter.address(of: customer) == "mine")
        counter.stop()
    }

    @Test("G4: what the server refuses holds up nothing; a refusal outlives the process (G22)")
    func rejected() throws {
        let counter = try Counter()
        let list = try counter.shop.lines(["customers", "list"])
        let found = list.first { $0["externalUserId"] as? String == "u0" }
        let holder = try #require(found?["id"] as? String)
        let customer = try #require(counter.customers.first { $0 != holder })
        let roles = ["page", "roles", "set", counter.shop.page, "u0=ADMIN"]
        _ = try counter.shop.lines(roles)
        try counter.edit(["block", holder])
        try counter.edit(["address", customer, "12 Hàng Bạc"])
        _ = try counter.sync()
        let refused = try counter.offline(["outbox"]).objects()
        #expect(refused.map { $0["reason"] as? String } == ["ROLE_ON_PAGE"])
        #expect(try counter.address(of: customer) == "12 Hàng Bạc")
        try counter.expectEqual()
        #expect(try counter.offline(["outbox", "discard", "1"], nil).status == 0)
        #expect(try counter.status()["failedCount"] as? String == "0")
        counter.stop()
    }

    @Test("G1, G2: however often a connection is cut, each edit has one effect")
    func cut() throws {
        let counter = try Counter()
        let customer = counter.customers[0]
        for number in 1...9 { try counter.edit(["address", customer, "số \(number)"]) }
        // The first replies are cut after more and more bytes: before, in and after each outcome.
        for bytes in stride(from: 0, through: 400, by: 40) {
            let proxy = try Self.proxy(to: counter.shop.daemon, bytes: bytes)
            _ = try counter.sync(over: proxy.address, status: nil)
            proxy.kill(SIGKILL)
        }
        _ = try counter.sync()
        try counter.expectEqual()
        let online = try counter.online(customer)
        let address = try #require(online["address"] as? [String: Any])
        #expect(address["text"] as? String == "số 9")
        #expect(address["editRevision"] as? String == "9")
        counter.stop()
    }

    /// Cuts each of its first three connections after some bytes from the server.
    private static func proxy(to daemon: Daemon, bytes: Int) throws -> Daemon {
        try Daemon(
            URL(filePath: "/usr/bin/python3"),
            [
                Binaries.checkout.appending(path: "Tests/Support/cutting-proxy/proxy.py").path,
                "127.0.0.1", "\(try #require(daemon.port))", "3", "\(bytes)", "close",
            ]
        )
    }

    @Test("N3, B3: a server that was restored gets again what it had lost, once")
    func restored() throws {
        let counter = try Counter()
        let customer = counter.customers[0]
        try counter.edit(["address", customer, "before"])
        _ = try counter.sync()
        let backup = counter.shop.path("backup")
        let data = counter.shop.path("data")
        let made = try khachd(["backup", "--data", data, "--to", backup])
        #expect(made.status == 0, "\(made.errors)")
        try counter.edit(["address", customer, "after"])
        try counter.edit(["block", customer, "--reason", "spam"])
        _ = try counter.sync()

        let restored = counter.shop.path("restored")
        #expect(try khachd(["restore", "--from", backup, "--data", restored]).status == 0)
        try counter.shop.restart(data: restored)
        #expect(try counter.address(of: customer) == "before")
        _ = try counter.sync()
        #expect(try counter.address(of: customer) == "after")
        let online = try counter.online(customer)
        #expect((online["address"] as? [String: Any])?["editRevision"] as? String == "2")
        #expect((online["block"] as? [String: Any])?["state"] as? String == "BLOCKED")
        try counter.expectEqual()
        #expect(try counter.status()["fullResyncsCount"] as? String == "0")
        counter.stop()
    }

    @Test("B6: two copies of one cache both end with all of their edits done")
    func forked() throws {
        let counter = try Counter()
        let copy = try counter.copied()
        try counter.edit(["address", counter.customers[0], "one"])
        try copy.edit(["address", copy.customers[1], "two"])
        try copy.edit(["block", copy.customers[1]])
        _ = try counter.sync()
        #expect(try copy.sync().output.contains("2 edits sent"))
        _ = try counter.sync()
        #expect(try counter.address(of: counter.customers[0]) == "one")
        #expect(try counter.address(of: counter.customers[1]) == "two")
        try counter.expectEqual()
        try copy.expectEqual()
        counter.stop()
    }

    @Test(
        "G17: what cannot be is refused at once",
        arguments: [
            (["address", "c0000000000001", "x"], 4, "a customer of the cache expected"),
            (
                ["contacts", "add", "", "12"], 1,
                "a phone such as 0912345678 or +6591234567 expected"
            ),
            (["contacts", "pin", "", "0999999999"], 4, "a contact point of the customer expected"),
            (["address", ""], 64, "a text or --clear expected, neither found"),
            (["outbox", "retry", "7"], 4, "one of the outbox expected, none found"),
        ]
    )
    func refused(arguments: [String], status: Int32, message: String) throws {
        let counter = try Counter()
        let arguments = arguments.map { $0.isEmpty ? counter.customers[0] : $0 }
        let result = try khach(["offline"] + arguments + ["--cache", counter.cache])
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(try counter.status()["waitingCount"] as? String == "0")
        counter.stop()
    }
}

/// A cache of a shop with three customers.
private struct Counter {
    let shop: Storefront
    let cache: String
    let customers: [String]

    init() throws {
        self.shop = try Storefront()
        self.cache = self.shop.path("cache.db")
        for number in 0..<3 { _ = try self.shop.message("u\(number)", "chào") }
        let list = try self.shop.lines(["customers", "list", "--business", self.shop.business])
        self.customers = list.compactMap { $0["id"] as? String }.sorted()
        _ = try self.sync()
    }

    private init(_ shop: Storefront, _ cache: String, _ customers: [String]) {
        self.shop = shop
        self.cache = cache
        self.customers = customers
    }

    /// The same cache, copied as a folder is.
    func copied() throws -> Counter {
        let copy = self.shop.path("copy.db")
        try FileManager.default.copyItem(atPath: self.cache, toPath: copy)
        return Counter(self.shop, copy, self.customers)
    }

    func stop() { self.shop.stop() }

    func edit(_ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let result = try khach(
            ["offline"] + arguments + ["--cache", self.cache, "--actor", "mai"]
        )
        #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    }

    @discardableResult
    func sync(
        over address: String? = nil,
        status: Int32? = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> CommandResult {
        let result = try khach([
            "sync", "--once", "--business", self.shop.business, "--cache", self.cache, "--server",
            address ?? self.shop.address,
        ])
        if let status {
            #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
        }
        return result
    }

    func offline(_ arguments: [String], _ format: String? = "jsonl") throws -> CommandResult {
        let output = format.map { ["--output", $0] } ?? []
        let result = try khach(["offline"] + arguments + ["--cache", self.cache] + output)
        #expect(result.status == 0, "\(result.errors)")
        return result
    }

    func get(_ customer: String) throws -> [String: Any] {
        try self.offline(["get", customer], "json").object()
    }

    func status() throws -> [String: Any] {
        try self.offline(["status"], "json").object()
    }

    /// The customer that the server has.
    func online(_ customer: String) throws -> [String: Any] {
        let lines = try self.shop.lines(["customers", "get", customer])
        return try #require(lines[0]["customer"] as? [String: Any])
    }

    /// The address that the server has.
    func address(of customer: String) throws -> String? {
        (try self.online(customer)["address"] as? [String: Any])?["text"] as? String
    }

    func verify() throws -> CommandResult {
        try khach(["offline", "verify", "--cache", self.cache, "--server", self.shop.address])
    }

    /// Cache and server give the same lines, and compare equal.
    func expectEqual(sourceLocation: SourceLocation = #_sourceLocation) throws {
        _ = try self.sync()
        let list = ["list", "--all", "--output", "jsonl"]
        let online = try self.shop.khach(
            ["customers"] + list + ["--business", self.shop.business]
        )
        let offline = try self.offline(["list", "--all"])
        #expect(offline.lines == online.lines, sourceLocation: sourceLocation)
        #expect(try self.verify().status == 0, sourceLocation: sourceLocation)
    }
}

/// Runs `khachd` to its end.
private func khachd(_ arguments: [String]) throws -> CommandResult {
    try run(Binaries.url("khachd"), arguments)
}
