internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// A disk without room, under the server and under a cache: nothing that was kept is lost.
@Suite("A full disk", .serialized, .timeLimit(.minutes(15)))
struct FullDiskTests {
    @Test("khachd refuses writes, goes on reading, and writes again once there is room")
    func server() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder)
        var daemon = try Daemon.khachd(
            folder,
            ["--disk-reserve", "0"],
            data: disk.path("data")
        )
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        var acknowledged: [Int] = []
        for number in 0..<5 {
            _ = try await recorder.record(number)
            acknowledged.append(number)
        }

        try disk.fill()
        // The log may have room that was its own before.
        var refusal: RPCError?
        for number in 5..<200 where refusal == nil {
            do {
                _ = try await recorder.record(number)
                acknowledged.append(number)
            } catch {
                refusal = error as? RPCError
            }
        }
        #expect(refusal?.code == .resourceExhausted, "\(daemon.logText)")
        #expect(refusal?.reason == "STORE_FULL", "\(refusal?.message ?? "none")")
        #expect(daemon.isRunning, "\(daemon.logText)")
        let whileFull = try await recorder.digest()
        #expect(whileFull.count == acknowledged.count * 50)
        let pulled = try await client.pullChanges(.with { $0.businessID = recorder.business })
        #expect(!pulled.changes.isEmpty)

        try disk.makeRoom()
        for number in acknowledged {
            #expect(try await recorder.record(number).allSatisfy { $0 == .duplicate })
        }
        #expect(try await recorder.record(1_000).allSatisfy { $0 == .createdCustomer })
        let whole = try await recorder.digest()
        #expect(whole.count == whileFull.count + 50)
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")

        daemon = try Daemon.khachd(
            folder,
            ["--disk-reserve", "0"],
            data: disk.path("data")
        )
        let again = Recorder(
            try await OnlineClient.connect(to: daemon.address),
            business: recorder.business
        )
        #expect(try await again.digest() == whole)
        await again.client.close()
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    @Test(
        "below the reserve writes are refused and reads go on; with room writes go on by themselves"
    )
    func reserve() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder, mebibytes: 16)
        let daemon = try Daemon.khachd(
            folder,
            ["--disk-reserve", "4MiB"] + OperatorPort.settings,
            data: disk.path("data")
        )
        let port = try OperatorPort(of: daemon)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        for number in 0..<5 { _ = try await recorder.record(number) }
        let before = try await recorder.digest()
        #expect(try port.wait("/readyz", for: 200).status == 200)

        try disk.fill(leaving: 2 << 20)
        let unready = try port.wait("/readyz", for: 503)
        #expect(unready.body.contains("read-only"), "\(unready)")
        #expect(try port.value("khach_read_only") == 1)
        #expect(try port.get("/healthz").status == 200)
        let refusal = await #expect(throws: RPCError.self) { try await recorder.record(5) }
        #expect(refusal?.code == .resourceExhausted)
        #expect(refusal?.reason == "STORE_FULL")
        #expect(refusal?.message.contains("4194304") == true, "\(refusal?.message ?? "")")
        #expect(try await recorder.digest() == before)

        try disk.makeRoom()
        #expect(try port.wait("/readyz", for: 200).status == 200)
        #expect(try port.value("khach_read_only") == 0)
        #expect(try await recorder.record(5).allSatisfy { $0 == .createdCustomer })
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    @Test("a sync fails as such, the cache goes on answering, and a later sync completes")
    func cache() async throws {
        let folder = try TemporaryFolder()
        let disk = try SmallDisk(in: folder)
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        for number in 0..<5 { _ = try await recorder.record(number) }
        let cache = disk.path("cache.db")
        let sync = [
            "sync", "--business", recorder.business, "--cache", cache, "--once", "--server",
            daemon.address,
        ]
        let list = ["offline", "list", "--all", "--cache", cache, "--output", "jsonl"]
        let first = try khach(sync)
        #expect(first.status == 0, "\(first.errors)")
        let before = try khach(list)
        #expect(before.lines.count == 250)

        for number in 5..<100 { _ = try await recorder.record(number) }
        try disk.fill()
        let refused = try khach(sync)
        #expect(refused.status != 0)
        #expect(refused.errors.contains("disk"), "\(refused.errors)")
        let whileFull = try khach(list)
        #expect(whileFull.status == 0, "\(whileFull.errors)")
        #expect(Set(whileFull.lines).isSuperset(of: before.lines), "\(whileFull.errors)")

        try disk.makeRoom()
        let resumed = try khach(sync)
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try khach(list).lines.count == 5_000)
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }
}
