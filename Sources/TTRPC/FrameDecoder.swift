package import NIOCore

/// Turns bytes into frames.
///
/// Cannot fail: an over-long frame is announced, skipped as its bytes arrive, and answered on its
/// own stream; a length that cannot be meant is announced once, and nothing is read after it.
package struct FrameDecoder {
    package enum Output: Hashable, Sendable {
        case frame(Frame)
        /// More than may come, less than 16 MiB: the body is skipped.
        case oversized(StreamID, length: Int)
        /// The first byte is not zero: whoever sent it does not speak ttrpc.
        case malformed(firstByte: UInt8)
    }

    private enum State {
        case reading
        case skipping(bytes: Int)
        case dead
    }

    private var state = State.reading

    package init() {}

    /// Whether the rest of an over-long body is still to come.
    package var isSkipping: Bool {
        if case .skipping = self.state { true } else { false }
    }

    /// Takes one output from `buffer`, or returns `nil` when it needs more bytes.
    ///
    /// The bytes of an incomplete frame are left where they are. `bodyBytesMax` is asked only of a
    /// body that not everybody may send.
    package mutating func next(
        from buffer: inout ByteBuffer,
        bodyBytesMax: @autoclosure () -> Int = Limits.frameBodyBytesMax
    ) -> Output? {
        switch self.state {
        case .reading:
            return self.nextFrame(from: &buffer, bodyBytesMax)
        case .skipping(let bytes):
            let skipped = min(bytes, buffer.readableBytes)
            buffer.moveReaderIndex(forwardBy: skipped)
            guard skipped == bytes else {
                self.state = .skipping(bytes: bytes - skipped)
                return nil
            }

            self.state = .reading
            return self.nextFrame(from: &buffer, bodyBytesMax)
        case .dead:
            buffer.moveReaderIndex(forwardBy: buffer.readableBytes)
            return nil
        }
    }

    /// Gives up the frame whose header and some of whose body `buffer` begins with: the rest is
    /// skipped as it comes.
    package mutating func skipFrame(in buffer: inout ByteBuffer) -> StreamID {
        guard case .reading = self.state,
            let length = buffer.readInteger(as: UInt32.self),
            let stream = buffer.readInteger(as: UInt32.self),
            buffer.readInteger(as: UInt16.self) != nil
        else { preconditionFailure("the header of a frame expected") }

        self.state = .skipping(bytes: Int(length))
        return StreamID(stream)
    }

    private mutating func nextFrame(
        from buffer: inout ByteBuffer,
        _ bodyBytesMax: () -> Int
    ) -> Output? {
        guard buffer.readableBytes >= Limits.frameHeaderBytes else {
            return self.judgeFirstByte(of: &buffer)
        }

        let header = buffer.withUnsafeReadableBytes { bytes in
            let length = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
            let stream = UInt32(
                bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            )
            return (length: Int(length), stream: StreamID(stream), kind: bytes[8], flags: bytes[9])
        }

        // Judge the length before waiting for, or allocating, one byte of the body.
        guard
            header.length <= Limits.strangerBodyBytesMax
                || header.length <= min(bodyBytesMax(), Limits.frameBodyBytesMax)
        else {
            return self.refuse(header.stream, length: header.length, in: &buffer)
        }
        guard buffer.readableBytes - Limits.frameHeaderBytes >= header.length else { return nil }

        buffer.moveReaderIndex(forwardBy: Limits.frameHeaderBytes)
        guard let body = buffer.readSlice(length: header.length) else {
            preconditionFailure("the body was counted above")
        }
        return .frame(
            Frame(
                stream: header.stream,
                kind: Frame.Kind(header.kind),
                flags: Frame.Flags(rawValue: header.flags),
                body: body
            )
        )
    }

    private mutating func refuse(
        _ stream: StreamID,
        length: Int,
        in buffer: inout ByteBuffer
    ) -> Output? {
        guard length < Limits.frameBodyBytesAbsurd else {
            return self.judgeFirstByte(of: &buffer)
        }

        buffer.moveReaderIndex(forwardBy: Limits.frameHeaderBytes)
        self.state = .skipping(bytes: length)
        return .oversized(stream, length: length)
    }

    /// A length of 16 MiB or more shows in its first byte, so nothing need be waited for.
    private mutating func judgeFirstByte(of buffer: inout ByteBuffer) -> Output? {
        guard let byte = buffer.readableBytesView.first, byte != 0 else { return nil }

        self.state = .dead
        buffer.moveReaderIndex(forwardBy: buffer.readableBytes)
        return .malformed(firstByte: byte)
    }
}
