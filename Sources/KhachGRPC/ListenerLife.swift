internal import NIOCore
internal import Synchronization

/// Whether a listener accepts connections, and whether it was told not to any more.
final class ListenerLife: Sendable {
    private enum State {
        case starting
        case listening(any Channel)
        case stopped
    }

    private let state = Mutex(State.starting)
    private let latestFailure = Mutex<(any Error)?>(nil)
    private let connections: OpenConnections

    init(_ connections: OpenConnections) {
        self.connections = connections
    }

    /// What accepts connections, while it does and was not told to stop.
    var channel: (any Channel)? {
        self.state.withLock { if case .listening(let channel) = $0 { channel } else { nil } }
    }

    var isStopped: Bool {
        self.state.withLock { if case .stopped = $0 { true } else { false } }
    }

    /// Why no connection can be accepted, if that is so.
    var failure: (any Error)? { self.latestFailure.withLock(\.self) }

    /// Connections are accepted from now on; called on the thread of the channel.
    func begin(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            LatestFailure { failure in self.latestFailure.withLock { $0 = failure } }
        )
        self.state.withLock { state in
            if case .starting = state { state = .listening(channel) }
        }
        channel.closeFuture.whenComplete { _ in
            // Accepting failed for good: who is connected goes too, as the server ends.
            if self.channel != nil { self.connections.cut() }
        }
    }

    func stop() {
        self.state.withLock { $0 = .stopped }
    }
}
