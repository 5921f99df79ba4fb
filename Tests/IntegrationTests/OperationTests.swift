internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// What whoever runs a server sees of it.
@Suite("Operation", .timeLimit(.minutes(15)))
struct OperationTests {
    /// Of a server that was told to stop a second time.
    static let status: Int32 = 143

    @Test("metrics count calls by method and code, commits, refused frames and who was not known")
    func metrics() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder, OperatorPort.settings)
        let port = try OperatorPort(of: daemon)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        _ = try await recorder.record(0)
        _ = await #expect(throws: RPCError.self) {
            try await client.getCustomer(.with { $0.id = "c0000000000009" })
        }
        let wire = try RawConnection(to: daemon)
        try wire.send(stream: 2, body: [])
        _ = try wire.receive()
        let cache = ["--cache", folder.path("cache.db"), "--business", recorder.business]
        for batch in 1...2 {
            let synced = try khach(["sync", "--once", "--server", daemon.address] + cache)
            #expect(synced.status == 0, "\(synced.errors)")
            _ = try await recorder.record(batch)
        }

        let calls = "khach_calls_total{method=\"khach.v1."
        #expect(try port.value("\(calls)CustomerService/GetCustomer\",code=\"NOT_FOUND\"}") == 1)
        #expect(try port.value("\(calls)InteractionService/RecordInteractions\",code=\"OK\"}") == 3)
        let record = "method=\"khach.v1.InteractionService/RecordInteractions\""
        #expect(try port.value("khach_call_seconds_count{\(record)}") == 3)
        #expect(try port.value("khach_refusals_total{reason=\"NOT_FOUND\"}") == 1)
        // The second sync began one batch behind; the first one was a first pass.
        let behind = try #require(try port.value("khach_pull_lag_commits_sum"))
        #expect(behind > 0)
        #expect(try port.value("khach_protocol_errors_total{kind=\"invalid_argument\"}") == 1)
        #expect(try #require(try port.value("khach_commit_seconds_count")) >= 1)
        #expect(try #require(try port.value("khach_commit_writes_count")) >= 1)
        #expect(try port.value("khach_connections") == 2)
        #expect(try port.value("khach_calls_running") == 0)
        #expect(try port.value("khach_writes_waiting") == 0)
        #expect(try #require(try port.value("khach_log_bytes")) > 0)
        #expect(try #require(try port.value("process_resident_memory_bytes")) > 1_000_000)
        #expect(try #require(try port.value("process_open_fds")) > 3)
        #expect(try port.wait("/healthz", for: 200).body == "ok\n")
        #expect(try port.wait("/readyz", for: 200).body == "ok\n")
        #expect(try port.get("/other").status == 404)
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    @Test("a refused call has a name that its error and the log share")
    func names() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let wire = try RawConnection(to: daemon)
        let request = Ttrpc_Request.with {
            $0.service = "khach.v1.CustomerService"
            $0.method = "GetCustomer"
        }
        try wire.send(stream: 1, body: try request.serializedBytes())
        let details = try wire.receive().response.status.details
        let info = try #require(details.first { $0.typeURL.hasSuffix("google.rpc.RequestInfo") })
        let name = String(decoding: info.value.dropFirst(2), as: UTF8.self)
        #expect(daemon.kill(SIGTERM) == 0)
        let line = daemon.logText.split(separator: "\n").first { $0.contains("request=\(name)") }
        #expect(line?.contains("code=INVALID_ARGUMENT") == true, "\(name) in \(daemon.logText)")
        #expect(line?.contains("method=khach.v1.CustomerService/GetCustomer") == true)
    }

    @Test("systemd is told of readiness, turns of the threads, and the end")
    func notified() throws {
        let folder = try TemporaryFolder()
        let socket = try NotifySocket(in: folder)
        let daemon = try Daemon.khachd(folder, environment: ["NOTIFY_SOCKET": socket.path])
        #expect(try socket.next("READY=1").contains("STATUS=serving at \(daemon.address)"))
        #expect(try socket.next("WATCHDOG=1") == "WATCHDOG=1")
        #expect(daemon.kill(SIGTERM) == 0)
        #expect(try socket.next("STOPPING=1").contains("STATUS=draining"))
    }

    @Test("stopping goes through its phases in their order")
    func phases() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        #expect(daemon.kill(SIGTERM) == 0)
        let phases = daemon.logText.split(separator: "\n").compactMap { line in
            line.split(separator: "phase=").dropFirst().first.map(String.init)
        }
        #expect(
            phases == [
                "not-ready", "no-new-connections", "calls-ended", "final-commit-and-checkpoint",
                "closed",
            ]
        )
    }

    @Test("told to stop a second time it ends at once, and what it acknowledged is there")
    func secondSignal() async throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        _ = try await recorder.record(0)
        // A stock peer that goes on asking keeps a draining connection open; ours would leave it.
        let wire = try RawConnection(to: daemon)
        var stream: UInt32 = 1
        func ask() throws {
            _ = try wire.call(stream, "grpc.health.v1.Health", "Check", [])
            stream += 2
        }
        try ask()
        kill(daemon.pid, SIGTERM)
        while !daemon.logText.contains("phase=no-new-connections") { try ask() }
        try ask()
        #expect(daemon.kill(SIGTERM) == Self.status, "\(daemon.logText)")
        await client.close()

        let next = try Daemon.khachd(folder)
        let again = Recorder(
            try await OnlineClient.connect(to: next.address),
            business: recorder.business
        )
        #expect(try await again.record(0).allSatisfy { $0 == .duplicate })
        await again.client.close()
        #expect(next.kill(SIGTERM) == 0)
    }
}
