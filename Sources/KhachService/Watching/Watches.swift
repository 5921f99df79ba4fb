internal import KhachCore
internal import Synchronization
package import TTRPC

/// Every open watch, by business: what a commit tells, and an end for all of them.
package final class Watches: Sendable {
    private struct State {
        var watchers: [BusinessID: [ObjectIdentifier: Watcher]] = [:]
        var count = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Watches the commits of a store, as long as both live.
    init(of store: some CommitSource) {
        store.observeCommits { [weak self] heads in
            for head in heads { self?.committed(head) }
        }
    }

    package var count: Int { self.state.withLock { $0.count } }

    /// Tells those who were told nothing for long that nothing is new.
    ///
    /// To be called each second.
    package func tick(now: MonotonicInstant) {
        let watchers = self.state.withLock { $0.watchers.values.flatMap(\.values) }
        for watcher in watchers { watcher.tick(now) }
    }

    /// Tells everybody what is new, ends their streams, and refuses who comes later.
    package func close() {
        let watchers = self.state.withLock { state in
            state.isClosed = true
            return state.watchers.values.flatMap(\.values)
        }
        for watcher in watchers { watcher.close() }
    }

    /// From now on tells the watcher of commits, until it is removed.
    func add(_ watcher: Watcher) throws(Status) {
        let refusal = self.state.withLock { state -> Status? in
            guard !state.isClosed else {
                return Status(
                    .unavailable,
                    reason: "STOPPING",
                    "a server that goes on expected, one that stops found"
                )
            }
            guard state.count < ServiceLimits.watchersMax else {
                return Status(
                    .resourceExhausted,
                    reason: "TOO_MANY_WATCHERS",
                    "at most \(ServiceLimits.watchersMax) watchers expected, found as many"
                )
            }

            state.count += 1
            state.watchers[watcher.business, default: [:]][ObjectIdentifier(watcher)] = watcher
            return nil
        }
        if let refusal { throw refusal }
    }

    func remove(_ watcher: Watcher) {
        self.state.withLock { state in
            let key = ObjectIdentifier(watcher)
            guard state.watchers[watcher.business]?.removeValue(forKey: key) != nil else { return }

            state.count -= 1
            if state.watchers[watcher.business]?.isEmpty == true {
                state.watchers[watcher.business] = nil
            }
        }
    }

    private func committed(_ head: CommittedHead) {
        let watchers = self.state.withLock { $0.watchers[head.business] }
        for watcher in (watchers ?? [:]).values { watcher.committed(head.seq) }
    }
}
