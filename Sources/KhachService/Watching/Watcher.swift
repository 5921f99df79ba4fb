internal import KhachCore
internal import Synchronization
internal import TTRPC

/// One open watch: its notices, and its task when that waits for one.
final class Watcher: Sendable {
    let business: BusinessID

    private struct State {
        var notices: WatchNotices
        var waiter: CheckedContinuation<Void, Never>?
        var isCancelled = false
    }

    private let state: Mutex<State>

    init(_ business: BusinessID, _ notices: WatchNotices) {
        self.business = business
        self.state = Mutex(State(notices: notices))
    }

    /// The next notice, when there is one; `nil` when the stream is to end.
    ///
    /// For one task. Throws when that is cancelled.
    func next(_ now: () -> MonotonicInstant) async throws(CancellationError) -> WatchNotices.Notice?
    {
        while true {
            let (next, isCancelled) = self.state.withLock { state in
                (state.isCancelled ? .wait : state.notices.next(now()), state.isCancelled)
            }
            guard !isCancelled else { throw CancellationError() }

            switch next {
            case .notice(let notice): return notice
            case .end: return nil
            case .wait: await self.wait(now)
            }
        }
    }

    func committed(_ head: CommitSequence) {
        self.wake { $0.notices.committed(head) }
    }

    func close() {
        self.wake { $0.notices.close() }
    }

    /// Time has passed.
    func tick(_ now: MonotonicInstant) {
        let waiter = self.state.withLock { state in
            state.notices.isDue(now) ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    /// Waits to be woken, unless something came since the notices were asked.
    private func wait(_ now: () -> MonotonicInstant) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isAwake = self.state.withLock { state in
                    guard !state.isCancelled, !state.notices.isDue(now()) else { return true }

                    state.waiter = waiter
                    return false
                }
                if isAwake { waiter.resume() }
            }
        } onCancel: {
            self.wake { $0.isCancelled = true }
        }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = self.state.withLock { state in
            change(&state)
            return state.waiter.take()
        }
        waiter?.resume()
    }
}
