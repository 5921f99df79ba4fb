internal import Foundation
internal import Glibc
internal import KhachClient
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Synchronization
internal import Testing

/// A cache that follows its server, with the real binaries (sync.md F).
@Suite("Live", .timeLimit(.minutes(15)))
struct LiveTests {
    @Test(
        "F6 F9: a server that is restarted is come back to, from the stored cursor",
        arguments: [SIGTERM, SIGKILL],
        [SIGINT, SIGTERM]
    )
    func restarted(_ end: Int32, _ interruption: Int32) async throws {
        let folder = try TemporaryFolder()
        let address = "unix:\(folder.path("s"))"
        func start() throws -> Daemon {
            try Daemon("khachd", ["serve", "--data", folder.path("data"), "--listen", address])
        }
        var daemon = try start()
        let client = try await OnlineClient.connect(to: address)
        let recorder = try await Recorder(making: client)
        let watch = try WatchingCommand(
            cache: folder.path("cache.db"),
            business: recorder.business,
            server: address
        )
        try watch.wait(for: "live", seq: 2)
        _ = try await recorder.record(0)
        try watch.wait(for: "live", seq: 52)
        await client.close()

        daemon.kill(end)
        try watch.wait(for: "waiting", seq: 52)
        daemon = try start()
        let again = try await OnlineClient.connect(to: address)
        let next = Recorder(again, business: recorder.business)
        _ = try await next.record(1)
        try watch.wait(for: "live", seq: 102)
        await again.close()
        #expect(watch.stop(interruption) == 0)

        let status = try khach(
            ["offline", "status", "--cache", folder.path("cache.db"), "--output", "json"]
        ).object()
        #expect(status["customersCount"] as? String == "100")
        #expect(status["fullResyncsCount"] as? String == "0")
        #expect(status["repairsCount"] as? String == "0")
        daemon.kill(SIGTERM)
    }

    @Test("F5: a connection that is half open is given up, and the cache catches up")
    func halfOpen() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        let proxy = try Daemon(
            URL(filePath: "/usr/bin/python3"),
            [
                Binaries.checkout.appending(path: "Tests/Support/cutting-proxy/proxy.py").path,
                "127.0.0.1", "\(try #require(daemon.port))", "0", "0", "hang",
            ]
        )
        let cache = try OfflineClient.open(
            cachePath: folder.path("cache.db"),
            businessID: recorder.business,
            address: proxy.address,
            callTimeout: .seconds(1)
        )
        let reports = Reports()
        // The server speaks each 10 s.
        let watch = try Watch(cache, silence: .seconds(11)) { reports.add($0) }
        let thread = Thread {
            reports.end { try watch.run() }
        }
        thread.start()
        await reports.wait { $0.state == .live && $0.seq == 2 }
        _ = try await recorder.record(0)
        await reports.wait { $0.state == .live && $0.seq == 52 }

        Glibc.kill(proxy.pid, SIGUSR1)
        _ = try await recorder.record(1)
        await reports.wait { $0.state == .waiting && $0.failure == .timeout }
        await reports.wait { $0.state == .live && $0.seq == 102 }
        watch.stop()
        try await reports.ended()
        #expect(try cache.state().customersCount == 100)
        await client.close()
        proxy.kill(SIGKILL)
        daemon.kill(SIGTERM)
    }

    @Test("G5: an edit of another process is sent at once, and after a loss without another edit")
    func edited() async throws {
        let folder = try TemporaryFolder()
        let address = "unix:\(folder.path("s"))"
        func start() throws -> Daemon {
            try Daemon("khachd", ["serve", "--data", folder.path("data"), "--listen", address])
        }
        var daemon = try start()
        let client = try await OnlineClient.connect(to: address)
        let recorder = try await Recorder(making: client)
        let recorded = try await client.recordInteractions(Recorder.batch(0, count: 1))
        let customer = try #require(recorded.outcomes.first).customerID
        let cache = folder.path("cache.db")
        let watch = try WatchingCommand(cache: cache, business: recorder.business, server: address)
        try watch.wait(for: "live", seq: 3, pending: 0)
        func edit(_ text: String) throws {
            let result = try khach(["offline", "address", customer, text, "--cache", cache])
            #expect(result.status == 0, "\(result.errors)")
        }

        try edit("Huế")
        try watch.wait(for: "live", seq: 4, pending: 0)
        let stored = try await client.getCustomer(.with { $0.id = customer }).customer
        #expect(stored.address.text == "Huế")
        await client.close()

        daemon.kill(SIGKILL)
        try watch.wait(for: "waiting", seq: 4)
        try edit("Hội An")
        try watch.wait(for: "waiting", pending: 1)
        daemon = try start()
        try watch.wait(for: "live", seq: 5, pending: 0)
        let again = try await OnlineClient.connect(to: address)
        let later = try await again.getCustomer(.with { $0.id = customer }).customer
        #expect(later.address.text == "Hội An")
        #expect(later.address.editRevision == 2)
        await again.close()
        #expect(watch.stop(SIGTERM) == 0)
        daemon.kill(SIGTERM)
    }

    @Test("M: a position is waited for by a process that does not sync itself")
    func positions() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        let outcome = try #require(
            try await client.recordInteractions(Recorder.batch(0, count: 1)).outcomes.first
        )
        let path = folder.path("cache.db")
        let watch = try WatchingCommand(
            cache: path,
            business: recorder.business,
            server: daemon.address
        )
        try watch.wait(for: "live", seq: 3)
        let reader = try OfflineClient.open(cachePath: path)
        for number in 0..<20 {
            let edited = try await client.updateCustomer(
                .with {
                    $0.id = outcome.customerID
                    $0.updateMask.paths = ["address"]
                    $0.address = "Số \(number)"
                    $0.addressRevision = UInt64(number)
                    $0.mutation.actor = "an"
                }
            )
            try reader.wait(for: edited.position, timeout: .seconds(60))
            #expect(try reader.customer(id: outcome.customerID).address == "Số \(number)")
            #expect(try reader.position() == edited.position)
        }
        #expect(watch.stop(SIGTERM) == 0)

        // What does not come, and what cannot.
        let position = try reader.position()
        let generation = String(position.prefix { $0 != "-" })
        for (wanted, code) in [
            ("\(generation)-1000000", ClientError.Code.notFresh),
            ("\(String(repeating: "0", count: 32))-1", .generationChanged), ("23", .invalid),
        ] {
            let failure = #expect(throws: ClientError.self) {
                try reader.wait(for: wanted, timeout: .milliseconds(20))
            }
            #expect(failure?.code == code)
        }
        await client.close()
        daemon.kill(SIGTERM)
    }

    @Test("khach sync --wait-for ends when the cache shows it; 5 when it does not come, 1 else")
    func waitFor() throws {
        let folder = try TemporaryFolder()
        let shop = try Storefront()
        _ = try shop.message("u1", "sđt 0912345678")
        let sync = ["sync", "--cache", folder.path("cache.db"), "--timeout", "0.2", "--wait-for"]
        let edited = try shop.lines(["customers", "address", try shop.id("u1"), "Huế"])
        let position = try #require(edited.first?["position"] as? String)
        let reached = try shop.lines(sync + [position])
        #expect(reached.first?["position"] as? String == position)
        let status = try khach(
            ["offline", "status", "--cache", folder.path("cache.db"), "--output", "json"]
        ).object()
        #expect(status["position"] as? String == position)
        let generation = position.prefix { $0 != "-" }
        try shop.lines(sync + ["\(generation)-1000000"], status: 5)
        try shop.lines(sync + ["\(String(repeating: "0", count: 32))-1"], status: 1)
        try shop.lines(sync + ["x"], status: 1)
        try shop.lines(sync + [position, "--once"], status: 64)
        shop.stop()
    }
}

/// What a watch has said, for one who waits for something of it.
private final class Reports: Sendable {
    private struct State {
        var reports: [WatchReport] = []
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func add(_ report: WatchReport) {
        self.wake { $0.reports.append(report) }
    }

    func end(_ body: () throws -> Void) {
        let result = Result { try body() }
        self.wake { $0.end = result }
    }

    /// Reads on until a report is accepted; those before it are gone, and the end is an issue.
    func wait(_ accepts: (WatchReport) -> Bool) async {
        while true {
            let found = self.state.withLock { state -> Bool? in
                while !state.reports.isEmpty {
                    if accepts(state.reports.removeFirst()) { return true }
                }
                return state.end == nil ? nil : false
            }
            switch found {
            case true: return
            case false:
                Issue.record("a report expected, the end of the watch found")
                return
            default: await self.pause { $0.reports.isEmpty && $0.end == nil }
            }
        }
    }

    /// Waits for the end; throws what it ended with.
    func ended() async throws {
        while true {
            if let end = self.state.withLock({ $0.end }) { return try end.get() }

            await self.pause { $0.end == nil }
        }
    }

    private func pause(_ isNeeded: (State) -> Bool) async {
        await withCheckedContinuation { waiter in
            let isAwake = self.state.withLock { state in
                guard isNeeded(state) else { return true }

                state.waiter = waiter
                return false
            }
            if isAwake { waiter.resume() }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = self.state.withLock { state in
            change(&state)
            return state.waiter.take()
        }
        waiter?.resume()
    }
}
