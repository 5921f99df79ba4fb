internal import Glibc
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// SIGTERM and SIGINT: the first one while the server serves ends it in order, any other one at
/// once.
///
/// What was acknowledged is on the disk whenever it ends; the next start recovers.
final class StopSignals: Sendable {
    /// As of a process that SIGTERM ended.
    static let status: Int32 = 143

    private enum State: Sendable {
        /// Nothing is served yet that could be ended in order.
        case starting(ServiceGroup?)
        case serving(ServiceGroup)
        case stopping
    }

    private let state = Mutex(State.starting(nil))
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Runs `body` under this watch.
    func watched(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Before the body, so that no signal is missed.
            let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
            group.addTask {
                for await _ in signals { await self.received() }
            }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// The group that will serve.
    func hold(_ group: ServiceGroup) {
        self.state.withLock { $0 = .starting(group) }
    }

    /// The group serves: from now on a signal ends it in order.
    func begin() {
        self.state.withLock { state in
            if case .starting(let group?) = state { state = .serving(group) }
        }
    }

    private func received() async {
        let before = self.state.withLock { state in
            defer { if case .serving = state { state = .stopping } }
            return state
        }
        switch before {
        case .serving(let group): await group.triggerGracefulShutdown()
        case .starting, .stopping:
            self.logger.warning("told to stop before the end, or again; ending now")
            _exit(Self.status)
        }
    }
}
