internal import NIOCore
internal import TTRPC

/// Bytes that arrived and are not frames yet, and since when.
struct Inbox {
    private var decoder = FrameDecoder()
    private var buffer = ByteBuffer()
    /// The end of the burst that brought the first bytes of the frame that is incomplete now.
    private(set) var frameBegan: NIODeadline?

    /// Adds what was read; takes the buffer as it is when nothing was left over.
    mutating func append(_ bytes: ByteBuffer) {
        guard self.buffer.readableBytes > 0 else {
            self.buffer = bytes
            return
        }

        if self.buffer.readerIndex > 0 { self.buffer.discardReadBytes() }
        self.buffer.writeImmutableBuffer(bytes)
    }

    /// The next output of the decoder, or `nil` when it needs more bytes.
    mutating func next(
        bodyBytesMax: @autoclosure () -> Int = Limits.frameBodyBytesMax
    ) -> FrameDecoder.Output? {
        let wasSkipping = self.decoder.isSkipping
        let output = self.decoder.next(from: &self.buffer, bodyBytesMax: bodyBytesMax())
        // One frame, or the rest of an over-long one, is over; what follows has its own time.
        if output != nil || wasSkipping != self.decoder.isSkipping { self.frameBegan = nil }
        if let output { return output }

        // Nothing is left: give the read buffer back for reuse.
        if self.buffer.readableBytes == 0 { self.buffer = ByteBuffer() }
        return nil
    }

    /// How much is held, of a frame that is incomplete once `next` has said `nil`.
    var bytesCount: Int { self.buffer.readableBytes }

    /// Gives up the incomplete frame, of whose body some has come.
    mutating func skipFrame() -> StreamID {
        self.frameBegan = nil
        return self.decoder.skipFrame(in: &self.buffer)
    }

    /// Nothing more is to be had for the moment; whether the peer owes the rest of a frame.
    mutating func endBurst(_ now: NIODeadline) -> Bool {
        guard self.buffer.readableBytes > 0 || self.decoder.isSkipping else {
            self.frameBegan = nil
            return false
        }

        if self.frameBegan == nil { self.frameBegan = now }
        return true
    }

    /// Nothing will be taken any more.
    mutating func clear() {
        self.buffer = ByteBuffer()
        self.frameBegan = nil
    }
}
