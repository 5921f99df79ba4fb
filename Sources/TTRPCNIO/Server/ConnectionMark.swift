internal import Synchronization
internal import TTRPC

/// Who calls by one connection, for as long as it is open.
package final class ConnectionMark: CallerMark {
    private enum State {
        /// Nobody yet.
        case stranger
        /// By key, what ends a caller's claim of this connection.
        case known([Int64: @Sendable () -> Void])
        case ended
    }

    private let state = Mutex(State.stranger)
    private let remembered = Mutex<(any AnyObject & Sendable)?>(nil)

    package init() {}

    /// Whether somebody called who is known.
    package var isKnown: Bool {
        self.state.withLock { if case .known = $0 { true } else { false } }
    }

    /// See `CallerMark`.
    package func called(by key: Int64, _ claim: () -> (@Sendable () -> Void)?) -> Bool {
        self.state.withLock { state in
            var releases: [Int64: @Sendable () -> Void]
            switch state {
            // A call that outlives its connection: nobody reads its answer.
            case .ended: return true
            case .known(let known): releases = known
            case .stranger: releases = [:]
            }
            guard releases[key] == nil else { return true }
            guard let release = claim() else { return false }

            releases[key] = release
            state = .known(releases)
            return true
        }
    }

    /// See `CallerMark`.
    package var memo: (any AnyObject & Sendable)? {
        get { self.remembered.withLock { $0 } }
        set { self.remembered.withLock { $0 = newValue } }
    }

    /// The connection has ended.
    package func end() {
        let releases = self.state.withLock { state -> [Int64: @Sendable () -> Void] in
            defer { state = .ended }
            if case .known(let releases) = state { return releases }
            return [:]
        }
        self.memo = nil
        for release in releases.values { release() }
    }
}
