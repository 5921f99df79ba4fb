internal import KhachCore
internal import Synchronization
internal import TTRPC

/// How the server is: the one place that health, readiness and the log ask.
final class Condition: Sendable {
    enum Phase: Hashable, Sendable {
        case starting
        case serving
        case draining
    }

    private struct State {
        var phase = Phase.starting
        var isReadOnly = false
        var diskFreeBytes = 0
        var latestTurn: MonotonicInstant?
    }

    /// After which threads that took no turn count as hung.
    static let turnSecondsMax: UInt64 = 10

    private let state = Mutex(State())

    var phase: Phase { self.state.withLock { $0.phase } }
    var isReadOnly: Bool { self.state.withLock { $0.isReadOnly } }
    var diskFreeBytes: Int { self.state.withLock { $0.diskFreeBytes } }

    func enter(_ phase: Phase) {
        self.state.withLock { $0.phase = phase }
    }

    /// Every thread that serves connections has taken a turn.
    func turned(_ now: MonotonicInstant) {
        self.state.withLock { $0.latestTurn = now }
    }

    /// Takes what the disk says; true when writes are to be refused from now on, or no more.
    func measured(diskFreeBytes: Int, isReadOnly: Bool) -> Bool {
        self.state.withLock { state in
            state.diskFreeBytes = diskFreeBytes
            defer { state.isReadOnly = isReadOnly }
            return state.isReadOnly != isReadOnly
        }
    }

    /// `nil` while the threads turn; else what is wrong.
    func illness(_ now: MonotonicInstant) -> String? {
        let latest = self.state.withLock { $0.latestTurn }
        guard let latest else { return "no thread has taken a turn yet" }

        let seconds = (now.nanoseconds - min(latest.nanoseconds, now.nanoseconds)) / 1_000_000_000
        return seconds <= Self.turnSecondsMax
            ? nil : "a turn within \(Self.turnSecondsMax) s expected, found none for \(seconds) s"
    }

    /// `nil` when calls may be sent here; else why not.
    var unreadiness: String? {
        self.state.withLock { state in
            switch state.phase {
            case .starting: "starting"
            case .draining: "draining"
            case .serving:
                state.isReadOnly ? "read-only: the disk is nearly full" : nil
            }
        }
    }
}
