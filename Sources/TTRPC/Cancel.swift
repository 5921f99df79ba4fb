internal import NIOCore

/// The caller of one call waits no longer: frame 0xE1, from a client, on the call's id.
///
/// Stock servers ignore it, so it may be sent before anything is known of the server.
package struct Cancel: Hashable, Sendable {
    package enum Reason: UInt32, Hashable, Sendable {
        case cancelled = 1
        case deadlineExceeded = 4
    }

    package var stream: StreamID
    package var reason: Reason

    package init(_ stream: StreamID, _ reason: Reason) {
        self.stream = stream
        self.reason = reason
    }

    /// Reads one; `nil` when the frame is none.
    ///
    /// A reason that is not known is `cancelled`.
    package init?(_ frame: Frame) {
        guard
            frame.kind == .cancel, frame.stream.isOfCall,
            frame.body.readableBytes == MemoryLayout<UInt32>.size,
            let number = frame.body.getInteger(at: frame.body.readerIndex, as: UInt32.self)
        else { return nil }

        self.init(frame.stream, Reason(rawValue: number) ?? .cancelled)
    }

    package var frame: Frame {
        Frame(
            stream: self.stream,
            kind: .cancel,
            body: ByteBuffer(integer: self.reason.rawValue)
        )
    }
}

extension StreamID {
    /// Whether a call may have this id: odd, and not one that is left to extensions.
    package var isOfCall: Bool { self.isClientInitiated && self <= Limits.streamIDMax }
}

/// So many events in any span of so long, and no more.
package struct SlidingBudget: Sendable {
    private let countMax: Int
    private let spanNanoseconds: UInt64
    /// The latest events, a ring once there are `countMax` of them.
    private var latest: [MonotonicInstant] = []
    private var oldest = 0

    package init(_ countMax: Int, milliseconds: Int) {
        precondition(countMax > 0, "a budget of something expected")
        self.countMax = countMax
        self.spanNanoseconds = UInt64(milliseconds) * 1_000_000
    }

    /// Counts one event; false, and not counted, when there were too many.
    ///
    /// Threads that share a budget may have read their clocks in another order than they come.
    package mutating func spend(now: MonotonicInstant) -> Bool {
        guard self.latest.count == self.countMax else {
            self.latest.append(now)
            return true
        }
        let free = self.latest[self.oldest].nanoseconds + self.spanNanoseconds
        guard now.nanoseconds >= free else { return false }

        self.latest[self.oldest] = now
        self.oldest = (self.oldest + 1) % self.countMax
        return true
    }
}
