internal import Synchronization

/// Whether a server takes calls, and who waits to hear that it stops.
final class Serving: Sendable {
    private enum State {
        case serving(waiting: [UInt64: AsyncStream<Never>.Continuation], next: UInt64)
        case draining
    }

    private let state = Mutex(State.serving(waiting: [:], next: 0))

    var isServing: Bool {
        self.state.withLock { if case .serving = $0 { true } else { false } }
    }

    /// From here on nothing is served; everybody who waits is told.
    func drain() {
        let waiting = self.state.withLock { state -> [AsyncStream<Never>.Continuation] in
            guard case .serving(let waiting, _) = state else { return [] }

            state = .draining
            return Array(waiting.values)
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Returns once the server drains, or the task is cancelled.
    func untilDraining() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        let place = self.state.withLock { state -> UInt64? in
            guard case .serving(var waiting, let next) = state else { return nil }

            waiting[next] = continuation
            state = .serving(waiting: waiting, next: next + 1)
            return next
        }
        guard let place else { return }

        for await _ in stream {}
        self.state.withLock { state in
            guard case .serving(var waiting, let next) = state else { return }

            waiting[place] = nil
            state = .serving(waiting: waiting, next: next)
        }
    }
}
