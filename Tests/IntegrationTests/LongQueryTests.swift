internal import Foundation
internal import Glibc
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import Testing

/// A caller who does not wait any more frees the thread that reads for it (reliability.md §4.5).
///
/// Over gRPC: `Tests/Support/grpc-peer/test_long_query.py`.
@Suite("A query of a caller who has left", .timeLimit(.minutes(15)))
struct LongQueryTests {
    /// Threads of a store that read.
    private static let readersCount = 2
    /// So many that SQLite looks up from its work.
    private static let batchesCount = 5
    private static let batchCount = 1_000
    private static let counted =
        "khach_calls_total{method=\"khach.v1.CustomerService/CountCustomers\",code="

    enum Ending: CaseIterable {
        /// The client sends CANCEL.
        case cancelled
        case deadline
    }

    /// Every thread that reads has a query that lasts for ever; another waits behind them.
    @Test("ends in SQLite, and its thread reads for others", arguments: Ending.allCases)
    func ended(_ ending: Ending) async throws {
        let folder = try TemporaryFolder()
        let query = try LongQuery(folder, hasDeadline: ending == .deadline)
        let daemon = try Daemon.khachd(
            folder,
            OperatorPort.settings,
            environment: query.environment
        )
        let port = try OperatorPort(of: daemon)
        let client = try await OnlineClient.connect(to: daemon.address)
        let recorder = try await Recorder(making: client)
        for number in 0..<Self.batchesCount {
            _ = try await client.recordInteractions(Recorder.batch(number, count: Self.batchCount))
        }
        let business = recorder.business

        try query.start()
        try await withThrowingTaskGroup(of: RPCError.Code?.self) { group in
            for _ in 0..<Self.readersCount {
                group.addTask {
                    do throws(RPCError) {
                        _ = try await client.countCustomers(
                            Self.messaged(business),
                            timeout: ending == .deadline ? .seconds(10) : nil
                        )
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            for _ in 0..<Self.readersCount { #expect(try await query.next() == .begun) }
            try query.stop()
            if ending == .cancelled { group.cancelAll() }
            for _ in 0..<Self.readersCount { #expect(try await query.next() == .ended) }
            for try await code in group {
                #expect(code == (ending == .cancelled ? .cancelled : .deadlineExceeded))
            }
        }

        let reply = try await client.countCustomers(Self.messaged(business), timeout: .seconds(60))
        #expect(reply.count == Self.batchesCount * Self.batchCount)
        // The client did not wait for the server to say so.
        #expect(try port.wait("khach_calls_running", toBe: 0) == 0)
        let codes = ["OK", "CANCELLED", "DEADLINE_EXCEEDED"]
        let counts = try codes.map { try port.value("\(Self.counted)\"\($0)\"}") ?? 0 }
        #expect(counts[0] == 1)
        // At its deadline a query ends, and the call is cancelled: whichever comes first.
        #expect(counts[1] + counts[2] == Double(Self.readersCount))
        if ending == .cancelled { #expect(counts[2] == 0) }
        await client.close()
        #expect(daemon.kill(SIGTERM) == 0, "\(daemon.logText)")
    }

    /// Those who wrote on any day.
    private static func messaged(_ business: String) -> Khach_V1_CountCustomersRequest {
        .with { request in
            request.filter.businessID = business
            request.filter.messagedFrom = "2026-01-01"
            request.filter.messagedTo = "2026-12-31"
        }
    }
}
