internal import Synchronization

/// Whether calls are taken here, and who waits to hear that this changed.
package final class Readiness: Sendable {
    package enum Value: Hashable, Sendable {
        /// For now none should be sent.
        case unready
        case ready
        /// None any more: the server stops. Nothing comes after it.
        case leaving
    }

    private struct State {
        var value: Value
        var waiting: [UInt64: AsyncStream<Never>.Continuation] = [:]
        var next: UInt64 = 0
        var watchersCount = 0
    }

    /// Streams that are told; anybody may open one, so there are few.
    package static let watchersMax = 256

    private let state: Mutex<State>

    package init(_ value: Value = .ready) {
        self.state = Mutex(State(value: value))
    }

    package var value: Value { self.state.withLock { $0.value } }

    /// Takes another value, and tells everybody who waits.
    package func become(_ value: Value) {
        let waiting = self.state.withLock { state -> [AsyncStream<Never>.Continuation] in
            guard state.value != value, state.value != .leaving else { return [] }

            state.value = value
            return Array(exchange(&state.waiting, with: [:]).values)
        }
        for continuation in waiting { continuation.finish() }
    }

    /// Counts one more who is told; false when there are too many.
    package func enter() -> Bool {
        self.state.withLock { state in
            guard state.watchersCount < Self.watchersMax else { return false }

            state.watchersCount += 1
            return true
        }
    }

    /// One who entered is told no more.
    package func leave() {
        self.state.withLock { $0.watchersCount -= 1 }
    }

    /// Returns once it is not `value`, or the task is cancelled.
    func change(from value: Value) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        let place = self.state.withLock { state -> UInt64? in
            guard state.value == value else { return nil }

            state.next += 1
            state.waiting[state.next] = continuation
            return state.next
        }
        guard let place else { return }

        for await _ in stream {}
        self.state.withLock { $0.waiting[place] = nil }
    }
}
