internal import KhachCore
internal import Synchronization
package import TTRPC

/// The exports that run or may be resumed: at most so many, each for so long.
///
/// Its owner calls `sweep` now and then, since a snapshot that nobody comes back for must not stay.
package final class ExportSessions: Sendable {
    private struct State {
        var sessions: [UInt64: ExportSession] = [:]
        /// Numbers of those that are being opened.
        var opening: Set<UInt64> = []
        var numbers = IdentifierSequence(after: 0)
    }

    private let state = Mutex(State())

    package init() {}

    /// How many there are, finished ones included.
    package var count: Int { self.state.withLock { $0.sessions.count + $0.opening.count } }

    /// Closes those that nobody came back for.
    package func sweep(now: MonotonicInstant) {
        let sessions = self.state.withLock { Array($0.sessions.values) }
        let over = sessions.filter { $0.closeIfOver(now: now.nanoseconds) }
        self.state.withLock { state in
            for session in over { state.sessions[session.number] = nil }
        }
    }

    /// Closes all of them.
    package func close() {
        let sessions = self.state.withLock { state in
            Array(exchange(&state.sessions, with: [:]).values)
        }
        for session in sessions { session.close() }
    }

    /// Takes a place for a new one; gives its number, which none has had before.
    ///
    /// One that was sent to its end makes room, since hardly anybody comes back for it.
    func take(now: Instant, monotonicNow: MonotonicInstant) throws(Status) -> UInt64 {
        self.sweep(now: monotonicNow)
        var finished: ExportSession?
        let number: UInt64? = self.state.withLock { state in
            if state.sessions.count + state.opening.count >= ServiceLimits.exportsMax {
                let candidates = state.sessions.values.filter(\.isFinished)
                finished = candidates.min { $0.number < $1.number }
                guard let finished else { return nil }

                state.sessions[finished.number] = nil
            }
            let number = UInt64(bitPattern: state.numbers.next(now: now))
            state.opening.insert(number)
            return number
        }
        finished?.close()
        guard let number else {
            throw Status(
                .resourceExhausted,
                reason: "EXPORTS_EXHAUSTED",
                "fewer than \(ServiceLimits.exportsMax) exports at once expected, "
                    + "found as many"
            )
        }
        return number
    }

    /// Gives a place back that nothing came of.
    func giveBack(_ number: UInt64) {
        self.state.withLock { _ = $0.opening.remove(number) }
    }

    /// Puts a session into the place of its number.
    func add(_ session: ExportSession) {
        self.state.withLock { state in
            state.opening.remove(session.number)
            state.sessions[session.number] = session
        }
    }

    func session(_ number: UInt64, now: MonotonicInstant) throws(Status) -> ExportSession {
        self.sweep(now: now)
        guard let session = self.state.withLock({ $0.sessions[number] }) else {
            throw .exportGone
        }

        return session
    }

    /// Closes one that cannot go on.
    func remove(_ session: ExportSession) {
        self.state.withLock { $0.sessions[session.number] = nil }
        session.close()
    }
}
