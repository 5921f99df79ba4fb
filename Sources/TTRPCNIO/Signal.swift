internal import Synchronization

/// Something that happens once, and that tasks wait for.
final class Signal: Sendable {
    private enum State {
        case awaited([CheckedContinuation<Void, Never>])
        case fired
    }

    private let state = Mutex(State.awaited([]))

    /// Wakes whoever waits; the second time does nothing.
    func fire() {
        let waiters = self.state.withLock { state in
            guard case .awaited(let waiters) = state else {
                return [CheckedContinuation<Void, Never>]()
            }

            state = .fired
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once it has happened.
    func wait() async {
        await withCheckedContinuation { waiter in
            let isFired = self.state.withLock { state in
                guard case .awaited(let waiters) = state else { return true }

                state = .awaited(waiters + [waiter])
                return false
            }
            if isFired { waiter.resume() }
        }
    }
}
