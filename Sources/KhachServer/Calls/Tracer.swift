internal import Synchronization
internal import TTRPC

/// Decides which calls are recorded: those whose callers want it, and some that begin here.
final class Tracer: Sendable {
    /// Calls that are recorded in a second; anybody can ask for it, and each writes lines.
    static let callsPerSecondMax = 100

    /// One of so many calls that begin a trace is recorded; 0: none.
    private let oneIn: Int
    private let budget = Mutex(SlidingBudget(callsPerSecondMax, milliseconds: 1_000))
    private let now: @Sendable () -> MonotonicInstant
    /// Told of each call that would have been recorded, and was one too many.
    private let dropped: @Sendable () -> Void

    init(
        oneIn: Int,
        now: @escaping @Sendable () -> MonotonicInstant = Clocks.monotonicNow,
        dropped: @escaping @Sendable () -> Void
    ) {
        self.oneIn = oneIn
        self.now = now
        self.dropped = dropped
    }

    /// `nil` for a call that is not recorded.
    func trace(_ metadata: Metadata) -> CallTrace? {
        let parent = metadata.traceParent
        guard parent?.isSampled ?? self.isChosen else { return nil }
        // The clock under the lock: a budget's time does not go back.
        guard self.budget.withLock({ $0.spend(now: self.now()) }) else {
            self.dropped()
            return nil
        }

        return CallTrace(of: parent)
    }

    private var isChosen: Bool { self.oneIn > 0 && Int.random(in: 0..<self.oneIn) == 0 }
}
