internal import NIOCore
internal import Synchronization
internal import TTRPC

/// Ties a calling task to its call, whichever of request and cancellation comes to the loop first.
final class CallTicket: Sendable {
    private struct State {
        var stream: StreamID?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// The id of the call, once it has begun.
    var stream: StreamID? {
        get { self.state.withLock { $0.stream } }
        set { self.state.withLock { $0.stream = newValue } }
    }

    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    func cancel() {
        self.state.withLock { $0.isCancelled = true }
    }
}
