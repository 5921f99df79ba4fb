/// So many in a second, and so many at once after a pause.
///
/// Knows no clock: instants go in, in nanoseconds.
struct TokenBucket: Hashable, Sendable {
    /// Nanotokens, of which each nanosecond brings `perSecond`, so that nothing is rounded away.
    private var level: Int64
    private var latest: UInt64
    private let perSecond: Int64
    private let full: Int64

    private static let one: Int64 = 1_000_000_000

    /// Full at `now`; `perSecond` and `burst` are 1 to a million.
    init(perSecond: Int, burst: Int, now: UInt64) {
        self.perSecond = Int64(perSecond)
        self.full = Int64(burst) * Self.one
        self.level = self.full
        self.latest = now
    }

    /// Takes one, or borrows one that comes within `patience`.
    ///
    /// Returns after how many nanoseconds it is there; longer than `patience`: nothing was taken.
    mutating func take(now: UInt64, patience: UInt64 = 0) -> UInt64 {
        self.fill(now)
        let missing = max(0, Self.one - self.level)
        let wait = UInt64((missing + self.perSecond - 1) / self.perSecond)
        if wait <= patience { self.level -= Self.one }
        return wait
    }

    /// Gives one back that was taken for nothing.
    mutating func giveBack() {
        self.level = min(self.level + Self.one, self.full)
    }

    private mutating func fill(_ now: UInt64) {
        guard now > self.latest else { return }

        let elapsed = now - self.latest
        self.latest = now
        let untilFull = UInt64((self.full - self.level) / self.perSecond) + 1
        self.level =
            elapsed >= untilFull ? self.full : self.level + Int64(elapsed) * self.perSecond
    }
}
