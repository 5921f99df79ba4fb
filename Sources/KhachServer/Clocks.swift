internal import Glibc
internal import KhachCore
internal import NIOCore
internal import TTRPC

/// The machine's clocks: the one place where the server reads time.
enum Clocks {
    static func now() -> Instant {
        let time = Self.read()
        return Instant(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_usec) / 1_000)
    }

    static func nowMicroseconds() -> Int64 {
        let time = Self.read()
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec)
    }

    static func monotonicNow() -> MonotonicInstant {
        MonotonicInstant(nanoseconds: NIODeadline.now().uptimeNanoseconds)
    }

    /// The time of day as RFC 3339 has it, in UTC, with milliseconds.
    static func nowText() -> String {
        var time = Self.read()
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        var bytes = [CChar](repeating: 0, count: 32)
        let count = strftime(&bytes, bytes.count, "%Y-%m-%dT%H:%M:%S", &parts)
        let seconds = String(
            decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) },
            as: UTF8.self
        )
        let milliseconds = "\(1_000 + time.tv_usec / 1_000)".dropFirst()
        return "\(seconds).\(milliseconds)Z"
    }

    private static func read() -> timeval {
        var time = timeval()
        gettimeofday(&time, nil)
        return time
    }
}
