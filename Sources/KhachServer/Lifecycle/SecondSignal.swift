internal import Glibc
internal import Logging
internal import UnixSignals

/// Ends the process at once when it is told to stop a second time.
///
/// What was acknowledged is on the disk; the next start recovers.
struct SecondSignal: Sendable {
    /// As of a process that SIGTERM ended.
    static let status: Int32 = 143

    let logger: Logger

    /// Runs `body` under this watch.
    func watched(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Before the body, so that no signal is missed.
            let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
            group.addTask { await self.count(signals) }
            defer { group.cancelAll() }
            try await body()
        }
    }

    private func count(_ signals: UnixSignalsSequence) async {
        var count = 0
        for await _ in signals {
            count += 1
            guard count > 1 else { continue }

            self.logger.warning("told to stop a second time; ending now")
            _exit(Self.status)
        }
    }
}
