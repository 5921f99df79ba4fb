internal import Glibc
internal import KhachCore
internal import TTRPC

/// The machine's clocks: the one place where the server reads time.
enum Clocks {
    static func now() -> Instant {
        let time = Self.read(CLOCK_REALTIME)
        return Instant(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }

    static func monotonicNow() -> MonotonicInstant {
        let time = Self.read(CLOCK_MONOTONIC)
        return MonotonicInstant(
            nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        )
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
