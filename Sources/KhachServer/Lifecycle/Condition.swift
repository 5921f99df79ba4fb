internal import KhachCore
internal import KhachService
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

        /// `nil` when calls may be sent here; else why not.
        var unreadiness: String? {
            switch self.phase {
            case .starting: "starting"
            case .draining: "draining"
            case .serving: self.isReadOnly ? "read-only: the disk is nearly full" : nil
            }
        }
    }

    /// After which threads that took no turn count as hung.
    static let turnSecondsMax: UInt64 = 10

    private let state = Mutex(State())
    /// The same for those who watch it.
    let readiness = Readiness(.unready)

    var phase: Phase { self.state.withLock { $0.phase } }
    var isReadOnly: Bool { self.state.withLock { $0.isReadOnly } }
    var diskFreeBytes: Int { self.state.withLock { $0.diskFreeBytes } }

    func enter(_ phase: Phase) {
        self.state.withLock { state in
            state.phase = phase
            self.tell(state)
        }
    }

    /// Every thread that serves connections has taken a turn.
    func turned(_ now: MonotonicInstant) {
        self.state.withLock { $0.latestTurn = now }
    }

    /// Takes what the disk says; true when writes are to be refused from now on, or no more.
    func measured(diskFreeBytes: Int, isReadOnly: Bool) -> Bool {
        self.state.withLock { state in
            state.diskFreeBytes = diskFreeBytes
            let isChanged = state.isReadOnly != isReadOnly
            state.isReadOnly = isReadOnly
            self.tell(state)
            return isChanged
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
    var unreadiness: String? { self.state.withLock { $0.unreadiness } }

    /// Under the lock, so that the last change is told last.
    private func tell(_ state: State) {
        switch state.phase {
        case .draining: self.readiness.become(.leaving)
        case .starting, .serving:
            self.readiness.become(state.unreadiness == nil ? .ready : .unready)
        }
    }
}
