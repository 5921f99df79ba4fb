internal import Foundation
internal import KhachProto
internal import KhachRPC
internal import Testing

/// A disk that fails under a commit ends the server: what it holds is known after a restart only.
@Suite("Fail-stop", .timeLimit(.minutes(15)))
struct FailStopTests {
    static let status: Int32 = 70

    @Test("a commit that meets an I/O error ends khachd with 70; a restart has what it said")
    func failedCommit() async throws {
        let folder = try TemporaryFolder()
        let trigger = folder.path("fail")
        let fault = try SyncFault(.fail, of: "khach.db-wal", while: trigger, folder)
        var daemon = try Daemon.khachd(folder, environment: fault.environment)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        for number in 0..<5 {
            let results = try await recorder.record(number)
            #expect(results.allSatisfy { $0 == .createdCustomer })
        }
        let before = try await recorder.digest()

        try Data().write(to: URL(filePath: trigger))
        do {
            _ = try await recorder.record(5)
            Issue.record("a failed commit was acknowledged")
        } catch let error as RPCError {
            // The process may end before its answer is on the wire.
            #expect([.unknown, .unavailable].contains(error.code), "\(error)")
        }
        await client.close()
        #expect(daemon.waitUntilExit() == Self.status, "\(daemon.logText)")
        #expect(daemon.logText.contains("a commit failed"), "\(daemon.logText)")
        try FileManager.default.removeItem(atPath: trigger)

        daemon = try Daemon.khachd(folder)
        let again = Recorder(
            try await OnlineClient.connect(to: daemon.address),
            business: recorder.business
        )
        let after = try await again.digest()
        #expect(before.allSatisfy { after[$0.key] == $0.value })
        for number in 0..<5 {
            #expect(try await again.record(number).allSatisfy { $0 == .duplicate })
        }
        // What was not acknowledged may be there; sent again, all of it is.
        let results = try await again.record(5)
        #expect(results.allSatisfy { $0 == .createdCustomer || $0 == .duplicate })
        #expect(try await again.digest().count == 300)
        await again.client.close()
        #expect(daemon.kill(SIGTERM) == 0)
    }
}
