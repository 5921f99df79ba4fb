internal import Foundation
internal import Glibc
internal import Testing

/// What a night does to the real binaries; after it, the cache equals the server, and every edit
/// had exactly one effect (sync.md G1, G2, G7, H1, H4, N1).
@Suite("Faults", .serialized, .timeLimit(.minutes(15)))
struct FaultTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var faults: [Fault]
    }

    static let rows = [
        Row(testDescription: "clients are killed while they sync and edit", faults: [.killClients]),
        Row(
            testDescription: "of four processes on one cache, one is killed each 100 ms and sooner",
            faults: [.killLeaders]
        ),
        Row(testDescription: "khachd is killed under a sync with edits", faults: [.killServer]),
        Row(testDescription: "replies are cut after some bytes", faults: [.cutReplies]),
        Row(testDescription: "the disk of the cache is full", faults: [.fillDisk]),
        Row(testDescription: "everything, mixed", faults: Fault.allCases),
    ]

    private static let rounds = 5

    @Test("After calm, cache and server are equal, and each edit had one effect", arguments: rows)
    func calm(_ row: Row) async throws {
        let seed = try ReplayableSeed()
        print("\(row.testDescription): \(seed)")
        let scene = try await FaultScene(seed)
        var faults: [Fault] = []
        while faults.count < max(Self.rounds, row.faults.count) {
            // Each at least once, and then whatever comes.
            let isFirst = faults.count < row.faults.count
            let next = isFirst ? faults.count : scene.random.below(row.faults.count)
            faults.append(row.faults[next])
            try await scene.bringNews()
            try await scene.suffer(row.faults[next])
        }
        try scene.expectCalm()
        scene.stop()
    }
}

enum Fault: CaseIterable, Sendable {
    case killClients
    case killLeaders
    case killServer
    case cutReplies
    case fillDisk
}
