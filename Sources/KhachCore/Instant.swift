/// A point in time: milliseconds of UTC since 1970, leap seconds left out.
package struct Instant: Hashable, Comparable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// When to give up, on the machine's monotonic clock.
package struct Deadline: Hashable, Sendable {
    package var monotonicNanoseconds: UInt64

    package init(monotonicNanoseconds: UInt64) {
        self.monotonicNanoseconds = monotonicNanoseconds
    }
}
