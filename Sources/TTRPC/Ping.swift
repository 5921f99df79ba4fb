internal import NIOCore

/// A sign of life that is asked for, or given: frame 0xE2, from either side.
package struct Ping: Hashable, Sendable {
    /// Comes back as it went.
    package var mark: UInt64
    package var isAnswer: Bool

    package init(_ mark: UInt64, isAnswer: Bool = false) {
        self.mark = mark
        self.isAnswer = isAnswer
    }

    /// Reads one; `nil` when the frame is none.
    package init?(_ frame: Frame) {
        guard
            frame.kind == .ping, frame.stream == .connection,
            frame.body.readableBytes == MemoryLayout<UInt64>.size,
            let mark = frame.body.getInteger(at: frame.body.readerIndex, as: UInt64.self)
        else { return nil }

        self.init(mark, isAnswer: frame.flags.contains(.answer))
    }

    package var answer: Ping { Ping(self.mark, isAnswer: true) }

    package var frame: Frame {
        Frame(
            stream: .connection,
            kind: .ping,
            flags: self.isAnswer ? .answer : [],
            body: ByteBuffer(integer: self.mark)
        )
    }
}

extension Frame.Flags {
    /// Of a ping: this answers one.
    package static var answer: Self { Self(rawValue: 0x01) }
}

/// Pings that come sooner than they may, with nothing else between them.
struct PingStrikes {
    private var latest: MonotonicInstant?
    private var count = 0

    /// A ping came; false when it was one too many.
    mutating func tolerate(now: MonotonicInstant, _ limits: Limits) -> Bool {
        let apart = UInt64(limits.pingMillisecondsMin) * 1_000_000
        if let latest = exchange(&self.latest, with: now),
            now.nanoseconds - latest.nanoseconds < apart
        {
            self.count += 1
        }
        return self.count <= limits.pingStrikesMax
    }

    /// The connection is in use, so a ping costs nothing beside it.
    mutating func forget() {
        self.latest = nil
        self.count = 0
    }
}
