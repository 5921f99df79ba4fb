internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// The n-th fsync fails, for each n (I2).
///
/// What was said to be done is done, and what was said not to be done is not. A failed fsync is
/// neither, and is said to be so.
@Suite("A failed fsync", .timeLimit(.minutes(15)))
struct FailedSyncTests {
    private static let failStopStatus: Int32 = 70
    /// Syncs until a new store listens.
    private static let syncsOfNewStoreMax = 12
    private static let batchSize = 5

    /// What the server said of everything that it was asked.
    private struct Answers: Sendable {
        var business: String?
        /// Keys are the external ids of customers, or addresses.
        var applied: Set<String> = []
        var refused: [String: String] = [:]
        var unsure: Set<String> = []

        mutating func take(_ keys: [String], _ error: (any Error)?) {
            switch error {
            case nil: self.applied.formUnion(keys)
            case let error as RPCError where ![.unknown, .unavailable].contains(error.code):
                for key in keys { self.refused[key] = "\(error)" }
            default: self.unsure.formUnion(keys)
            }
        }
    }

    @Test("the server ends with 70, and a restart has exactly what it said", arguments: 1...30)
    func server(_ number: Int) async throws {
        let folder = try TemporaryFolder()
        let fault = try SyncFault(.fail, of: "khach.db", at: number, folder)
        var answers = Answers()
        do {
            let daemon = try Daemon.khachd(folder, environment: fault.environment)
            answers = try await Self.work(daemon)
            #expect(daemon.waitUntilExit() == Self.failStopStatus, "\(daemon.logText)")
        } catch DaemonError.ended {
            // While it made the store; nothing was ever said.
            #expect(number <= Self.syncsOfNewStoreMax, "a server that starts expected by then")
        }
        #expect(
            answers.business != nil || number <= Self.syncsOfNewStoreMax + 2,
            "a business expected by then"
        )

        let check = try run(Binaries.url("khachd"), ["check", "--data", folder.path("data")])
        let daemon = try Daemon.khachd(folder)
        if let business = answers.business {
            #expect(check.status == 0, "\(check.output)\(check.errors)")
            let client = try await OnlineClient.connect(to: daemon.address)
            let customers = try await Recorder(client, business: business).digest().values
            let stored = Set(customers.flatMap { [$0.externalUserID, $0.address.text] })
            #expect(answers.applied.isSubset(of: stored))
            for (key, said) in answers.refused {
                #expect(!stored.contains(key), "\(key) was said not to be done: \(said)")
            }
            let known = answers.applied.union(answers.unsure).union([""])
            #expect(stored.isSubset(of: known))
            await client.close()
        }
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    /// Asks until something is not done: three batches at a time, and an edit of a cache.
    private static func work(_ daemon: Daemon) async throws -> Answers {
        let client = try await OnlineClient.connect(to: daemon.address)
        var answers = Answers()
        guard let recorder = try? await Recorder(making: client) else {
            await client.close()
            return answers
        }

        answers.business = recorder.business
        var step = 0
        while answers.unsure.isEmpty, answers.refused.isEmpty, step < 50 {
            answers = await Self.step(step, recorder, answers)
            step += 1
        }
        await client.close()
        return answers
    }

    private static func step(
        _ step: Int,
        _ recorder: Recorder,
        _ before: Answers
    ) async -> Answers {
        var answers = before
        await withTaskGroup(of: ([String], (any Error)?).self) { group in
            for caller in 0..<3 {
                group.addTask {
                    let batch = Recorder.batch(step * 3 + caller, count: Self.batchSize)
                    let keys = batch.interactions.map(\.externalUserID)
                    do {
                        _ = try await recorder.client.recordInteractions(batch)
                        return (keys, nil)
                    } catch {
                        return (keys, error)
                    }
                }
            }
            for await (keys, error) in group { answers.take(keys, error) }
        }
        guard answers.unsure.isEmpty, answers.refused.isEmpty else { return answers }

        let address = "số \(step + 1)"
        do {
            let customers = try await recorder.digest()
            let first = customers.values.min { $0.externalUserID < $1.externalUserID }
            let reply = try await recorder.client.pushMutations(
                .with {
                    $0.businessID = recorder.business
                    $0.clientID = Data(repeating: 7, count: 16)
                    $0.mutations = [
                        .with {
                            $0.mutationID = UInt64(step + 1)
                            $0.customerID = first?.id ?? ""
                            $0.actor = "lan"
                            $0.madeAt.seconds = 1_780_000_000
                            $0.address.text = address
                            $0.address.editRevision = first?.address.editRevision ?? 0
                        }
                    ]
                }
            )
            #expect(reply.outcomes.map(\.result) == [.applied])
            answers.take([address], nil)
        } catch {
            answers.take([address], error)
        }
        // The one before is there, or the new one in its place.
        if step > 0, let before = answers.applied.remove("số \(step)"), !answers.unsure.isEmpty {
            answers.unsure.insert(before)
        }
        return answers
    }

    @Test("of a cache, an edit that was not accepted is in no outbox, or said to be unknown")
    func cache() async throws {
        let folder = try TemporaryFolder()
        let cache = folder.path("cache.db")
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        _ = try await recorder.record(0)
        let customers = try await recorder.digest().keys.sorted()
        let synced = try khach([
            "sync", "--once", "--business", recorder.business, "--cache", cache, "--server",
            daemon.address,
        ])
        #expect(synced.status == 0, "\(synced.errors)")
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
        for number in 1...30 { try Self.edit(customers, of: cache, failing: number) }
    }

    /// Blocks customers on a copy of the cache until the fsync of this number fails.
    private static func edit(_ customers: [String], of cache: String, failing number: Int) throws {
        let folder = try TemporaryFolder()
        let copy = folder.path("copy.db")
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: cache + suffix) {
            try FileManager.default.copyItem(atPath: cache + suffix, toPath: copy + suffix)
        }
        let fault = try SyncFault(.fail, of: "copy.db", at: number, folder)
        let options = ["--cache", copy, "--output", "jsonl"]
        let blocked = try run(
            Binaries.url("khach"),
            ["offline", "block"] + customers + ["--actor", "mai"] + options,
            environment: fault.environment
        )
        #expect(blocked.status == 1, "fsync \(number): \(blocked)")
        let said = Set(try blocked.objects().compactMap { $0["mutationId"] as? String })
        let outbox = try khach(["offline", "outbox", "--all"] + options).objects()
        let kept = Set(outbox.compactMap { $0["mutationId"] as? String })
        #expect(kept.isSuperset(of: said), "fsync \(number): \(kept) of \(said)")
        let isUnknown = blocked.errors.contains("not known")
        #expect(kept == said || isUnknown, "fsync \(number): \(kept), \(blocked.errors)")

        // Afterwards the cache takes edits as before; the first ones stand for all.
        guard number <= 3 else { return }

        let again = try khach(
            ["offline", "rename", customers[0], "An", "--actor", "mai"] + options
        )
        #expect(again.status == 0, "fsync \(number): \(again.errors)")
        #expect(try khach(["offline", "doctor", "--local", "--cache", copy]).status == 0)
    }
}
