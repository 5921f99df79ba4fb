package import KhachCore
package import TTRPC

/// What one watcher is still to be told: two numbers and a time, however much happens meanwhile.
///
/// Knows no clock and no task: the time is an argument.
package struct WatchNotices {
    /// What a watcher is told.
    package enum Notice: Hashable, Sendable {
        /// Something up to here is new.
        case poke(head: CommitSequence)
        /// Nothing is newer than this.
        case bookmark(CommitSequence)
    }

    /// What comes next.
    package enum Next: Hashable, Sendable {
        case notice(Notice)
        case wait
        /// The stream ends.
        case end
    }

    private enum Phase {
        /// Nothing was told yet: whatever holds is told at once.
        case new
        case open
        /// What is new is told, and that nothing else is; then the stream ends.
        case closing
        case closed
    }

    private var phase = Phase.new
    /// The last sequence that can be read.
    private var head: CommitSequence
    /// What the watcher has, or was told of.
    private var told: CommitSequence
    private var toldAt: MonotonicInstant

    /// Creates the notices of a watcher that has everything up to `cursor`; 0 when it has not.
    package init(cursor: CommitSequence, now: MonotonicInstant) {
        self.told = cursor
        self.head = cursor
        self.toldAt = now
    }

    /// A commit can be read; an older one than is known changes nothing.
    package mutating func committed(_ head: CommitSequence) {
        self.head = max(self.head, head)
    }

    package mutating func close() {
        if self.phase != .closed { self.phase = .closing }
    }

    /// Whether there is something to tell.
    package func isDue(_ now: MonotonicInstant) -> Bool {
        switch self.phase {
        case .new, .closing, .closed: true
        case .open: self.head > self.told || self.isSilent(now)
        }
    }

    /// What to tell now; it counts as told.
    package mutating func next(_ now: MonotonicInstant) -> Next {
        guard self.phase != .closed else { return .end }
        guard self.isDue(now) else { return .wait }

        self.toldAt = now
        if self.head > self.told {
            self.told = self.head
            if self.phase == .new { self.phase = .open }
            return .notice(.poke(head: self.head))
        }
        self.phase = self.phase == .closing ? .closed : .open
        return .notice(.bookmark(self.told))
    }

    private func isSilent(_ now: MonotonicInstant) -> Bool {
        now.nanoseconds >= self.toldAt.nanoseconds + ServiceLimits.watchSilenceNanoseconds
    }
}
