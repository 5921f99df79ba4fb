internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// A server and a cache on one disk, whose power is cut under load.
final class PowerScene {
    private static let seedBatches = 3
    private static let recorders = 3
    private static let clientID = Data(repeating: 7, count: 16)
    /// Of a server whose commit failed.
    private static let failStopStatus: Int32 = 70

    /// Goes before the folder that it is in.
    private let disk: LoopDisk
    private let folder: TemporaryFolder
    /// Of every program that writes to the disk before the cut.
    private let environment: [String: String]
    private var daemon: Daemon
    private var recorder: Recorder
    /// Whom the cache knows.
    private var customers: [String] = []
    private var acknowledged = Acknowledged()

    /// With a business and its page, and nothing else that was acknowledged.
    init(
        _ fileSystem: LoopDisk.FileSystem,
        in folder: TemporaryFolder,
        environment: [String: String] = [:]
    ) async throws {
        self.folder = folder
        self.environment = environment
        self.disk = try LoopDisk(fileSystem, in: folder)
        self.daemon = try Daemon.khachd(
            folder,
            data: self.disk.path("data"),
            environment: environment
        )
        let client = try await OnlineClient.connect(to: self.daemon.address)
        self.recorder = try await Recorder(making: client)
    }

    /// Makes customers, and a cache of them on the same disk.
    func fill() async throws {
        for number in 0..<Self.seedBatches {
            _ = try await self.recorder.record(number)
            self.acknowledged.batches.append(number)
        }
        let synced = try self.khach(self.sync, under: self.environment)
        try #require(synced.status == 0, "\(synced.errors)")
        self.customers = try await self.recorder.digest().keys.sorted()
        try #require(self.customers.count == Self.seedBatches * 50)
    }

    func stop() async {
        await self.recorder.client.close()
        #expect(self.daemon.kill(SIGTERM) == 0, "\(self.daemon.logText)")
    }

    // MARK: Until the power is cut

    /// Puts the server and the cache under load, and cuts the power as soon as so many were
    /// acknowledged; returns what was acknowledged until then.
    func cut(after count: Int) async throws -> Acknowledged {
        // Where there is a cache, it has said something too.
        let edits = self.customers.isEmpty ? 0 : 1
        let ledger = Ledger(self.acknowledged, self.disk.power, cutAfter: count, edits: edits)
        if count == 0 { await ledger.note { _ in } }
        await withTaskGroup(of: Void.self) { group in
            for caller in 1...Self.recorders {
                group.addTask { [recorder = self.recorder] in
                    for number in caller * 10_000..<(caller + 1) * 10_000 {
                        guard (try? await recorder.record(number)) != nil else { return }

                        await ledger.note { $0.batches.append(number) }
                    }
                }
            }
            group.addTask { [recorder = self.recorder, customers = self.customers] in
                for (number, customer) in zip(1..., customers.prefix(customers.count / 2)) {
                    let request = Self.push(recorder.business, [(number, customer)])
                    guard let reply = try? await recorder.client.pushMutations(request) else {
                        return
                    }

                    #expect(reply.outcomes.map(\.result) == [.applied])
                    await ledger.note { $0.mutations = number }
                }
            }
            group.addTask { [cache = self.cache, customers = self.customers, environment] in
                await Self.rename(customers.suffix(customers.count / 2), cache, environment, ledger)
            }
        }
        self.acknowledged = await ledger.acknowledged
        try #require(await ledger.isCut, "the load ended before the cut\n\(self.daemon.logText)")
        if let error = await ledger.error { throw error }
        await self.recorder.client.close()
        return self.acknowledged
    }

    /// Gives customers names by `khach offline`, until it cannot any more.
    private static func rename(
        _ customers: ArraySlice<String>,
        _ cache: String,
        _ environment: [String: String],
        _ ledger: Ledger
    ) async {
        for (number, customer) in zip(1..., customers) where await !ledger.isCut {
            let text = "Tên \(number)"
            let arguments = ["offline", "rename", customer, text, "--cache", cache]
            let url = Binaries.url("khach")
            // On a thread of its own: the calls of the others go on.
            let result = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        returning: try? run(
                            url,
                            arguments + ["--actor", "mai"],
                            environment: environment
                        )
                    )
                }
            }
            guard result?.status == 0 else { return }

            await ledger.note { $0.edits.append(text) }
        }
    }

    /// A dead machine's processes: killed, or, when it `notices`, ended by its own commit.
    func end(notices: Bool) {
        let status = notices ? self.daemon.waitUntilExit() : self.daemon.kill(SIGKILL)
        #expect(!notices || status == Self.failStopStatus, "\(self.daemon.logText)")
    }

    // MARK: After it

    /// Brings the power and the server back, without any fault; everything that was acknowledged
    /// and is not there.
    func losses() async throws -> [String] {
        try self.disk.restore()
        let data = self.disk.path("data")
        var losses: [String] = []
        let check = try run(Binaries.url("khachd"), ["check", "--data", data])
        if check.status != 0 { losses.append("khachd check: \(check.output)\(check.errors)") }

        self.daemon = try Daemon.khachd(self.folder, data: data)
        let client = try await OnlineClient.connect(to: self.daemon.address)
        self.recorder = Recorder(client, business: self.recorder.business)
        let businesses = try await client.listBusinesses(.init()).businesses
        guard businesses.map(\.id) == [self.recorder.business] else {
            return losses + ["the business"]
        }

        losses += try await self.lostMutations()
        losses += try await self.lostBatches()
        losses += try self.lostEdits()
        return losses
    }

    private func lostBatches() async throws -> [String] {
        var losses: [String] = []
        for number in self.acknowledged.batches {
            let results = try await self.recorder.record(number)
            if !results.allSatisfy({ $0 == .duplicate }) { losses.append("batch \(number)") }
        }
        return losses
    }

    /// The server's own word on the last, and the addresses; sent again, all are as they were.
    private func lostMutations() async throws -> [String] {
        let client = self.recorder.client
        let business = self.recorder.business
        let last = try await client.pushMutations(Self.push(business, [])).lastMutationID
        var losses = max(Int(last), self.acknowledged.mutations) == Int(last) ? [] : ["the last"]
        let stored = try await self.recorder.digest()
        let done = Array(zip(1..., self.customers.prefix(self.acknowledged.mutations)))
        for (number, customer) in done
        where stored[customer]?.address.text != Self.address(number) {
            losses.append("mutation \(number)")
        }
        if !done.isEmpty, losses.isEmpty {
            let again = try await client.pushMutations(Self.push(business, done))
            #expect(again.outcomes.allSatisfy { $0.result == .applied })
        }
        return losses
    }

    /// The outbox has every edit; a sync sends them, and cache and server are equal then.
    private func lostEdits() throws -> [String] {
        guard !self.customers.isEmpty else { return [] }

        let outbox = try self.khach(
            ["offline", "outbox", "--all", "--cache", self.cache, "--output", "jsonl"]
        )
        let kept = outbox.status == 0 ? try outbox.objects() : []
        let lost = Set(self.acknowledged.edits).subtracting(
            kept.compactMap { $0["value"] as? String }
        )
        guard lost.isEmpty else { return lost.sorted().map { "edit \($0)" } }

        let synced = try self.khach(self.sync)
        #expect(synced.status == 0, "\(synced.errors)")
        let server = ["--server", self.daemon.address]
        let verified = try self.khach(["offline", "verify", "--cache", self.cache] + server)
        #expect(verified.status == 0, "\(verified.errors)\(verified.output)")
        return []
    }

    // MARK: Calls

    private var cache: String { self.disk.path("cache.db") }

    private var sync: [String] {
        [
            "sync", "--business", self.recorder.business, "--cache", self.cache, "--once",
            "--server", self.daemon.address,
        ]
    }

    private func khach(
        _ arguments: [String],
        under environment: [String: String] = [:]
    ) throws -> CommandResult {
        try run(Binaries.url("khach"), arguments, environment: environment)
    }

    private static func address(_ number: Int) -> String { "số \(number)" }

    private static func push(
        _ business: String,
        _ edits: [(number: Int, customer: String)]
    ) -> Khach_V1_PushMutationsRequest {
        .with {
            $0.businessID = business
            $0.clientID = Self.clientID
            $0.mutations = edits.map { number, customer in
                .with {
                    $0.mutationID = UInt64(number)
                    $0.customerID = customer
                    $0.actor = "lan"
                    $0.madeAt.seconds = 1_780_000_000
                    $0.address.text = Self.address(number)
                }
            }
        }
    }
}

/// What was acknowledged until the power was cut; nothing of it may be gone.
struct Acknowledged: Sendable {
    var batches: [Int] = []
    /// Of the client that pushes: they are dense, from 1.
    var mutations = 0
    /// Names that `khach` said the outbox has.
    var edits: [String] = []

    var count: Int { self.batches.count + self.mutations + self.edits.count }
}

/// Notes what is acknowledged, and cuts the power at once when it is so much.
private actor Ledger {
    private(set) var acknowledged: Acknowledged
    private(set) var isCut = false
    private(set) var error: (any Error)?
    private let cutAt: Int
    private let editsMin: Int
    private let power: LoopDisk.Power

    init(
        _ acknowledged: Acknowledged,
        _ power: LoopDisk.Power,
        cutAfter count: Int,
        edits: Int
    ) {
        self.acknowledged = acknowledged
        self.power = power
        self.cutAt = acknowledged.count + count
        self.editsMin = edits
    }

    func note(_ change: @Sendable (inout Acknowledged) -> Void) {
        guard !self.isCut else { return }

        change(&self.acknowledged)
        guard self.acknowledged.count >= self.cutAt,
            self.acknowledged.edits.count >= self.editsMin
        else { return }

        self.isCut = true
        do {
            try self.power.cut()
        } catch {
            self.error = error
        }
    }
}
