internal import NIOCore

/// What one side says of itself once, before it may use an extension: frame 0xE0.
///
/// Whoever never sends it is a stock peer, and is never sent an extension (wire.md §2).
package struct Hello: Hashable, Sendable {
    /// Bit n stands for the frames of kind 0xE0 + n.
    package struct Features: OptionSet, Hashable, Sendable {
        package var rawValue: UInt64

        package init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        package static var cancel: Self { Self(rawValue: 1 << 1) }
        package static var ping: Self { Self(rawValue: 1 << 2) }
        package static var goAway: Self { Self(rawValue: 1 << 4) }

        /// All that is spoken here; WINDOW (bit 3) and METADATA (bit 5) are not.
        package static var spoken: Self { [.cancel, .ping, .goAway] }
    }

    package var version: UInt64 = 1
    package var features: Features
    package var frameBodyBytesMax = UInt64(Limits.frameBodyBytesMax)
    package var runningCallsMax: UInt64
    /// How far apart pings must be that nothing else separates.
    package var pingMillisecondsMin: UInt64
    package var agent: String

    package init(_ limits: Limits, features: Features = .spoken, agent: String = "khach") {
        self.features = features
        self.runningCallsMax = UInt64(limits.runningCallsMax)
        self.pingMillisecondsMin = UInt64(limits.pingMillisecondsMin)
        self.agent = agent
    }

    /// Reads a greeting; `nil` when the frame is none, and then it is to be ignored like any frame
    /// of a kind that is not known.
    package init?(_ frame: Frame) {
        guard
            frame.kind == .hello, frame.stream == .connection,
            frame.body.readableBytes <= Limits.helloBytesMax
        else { return nil }

        let read = frame.body.withUnsafeReadableBytes { bytes in
            Result { () throws(WireReader.Malformed) in try Hello(reading: bytes) }
        }
        guard case .success(let hello) = read, hello.version > 0 else { return nil }

        self = hello
    }

    private init(reading bytes: UnsafeRawBufferPointer) throws(WireReader.Malformed) {
        self.init(Limits(), features: [], agent: "")
        (self.version, self.frameBodyBytesMax) = (0, 0)
        (self.runningCallsMax, self.pingMillisecondsMin) = (0, 0)
        var reader = WireReader(bytes, in: 0..<bytes.count)
        while let (number, field) = try reader.next() {
            switch (number, field) {
            case (1, .varint(let value)): self.version = value
            case (2, .varint(let value)): self.features = Features(rawValue: value)
            case (5, .varint(let value)): self.frameBodyBytesMax = value
            case (6, .varint(let value)): self.runningCallsMax = value
            case (7, .varint(let value)): self.pingMillisecondsMin = value
            case (8, .bytes(let range)): self.agent = try bytes.text(at: range)
            default: break
            }
        }
    }

    /// The frame that says this.
    package var frame: Frame {
        var writer = PayloadWriter(capacity: 64)
        writer.write(self.version, field: 1)
        writer.write(self.features.rawValue, field: 2)
        writer.write(self.frameBodyBytesMax, field: 5)
        writer.write(self.runningCallsMax, field: 6)
        writer.write(self.pingMillisecondsMin, field: 7)
        writer.write(self.agent, field: 8)
        return Frame(stream: .connection, kind: .hello, body: writer.payload.buffer)
    }
}

extension Frame.Kind {
    package static var hello: Self { Self(0xE0) }
    package static var cancel: Self { Self(0xE1) }
    package static var ping: Self { Self(0xE2) }
    package static var goAway: Self { Self(0xE4) }
}

extension StreamID {
    /// Where frames go that are of no call; odd, so that stock servers ignore them there.
    package static var connection: Self { Self(0xFFFF_FFFF) }
}
