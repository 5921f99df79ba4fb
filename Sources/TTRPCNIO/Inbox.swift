internal import NIOCore
internal import TTRPC

/// Bytes that arrived and are not frames yet.
struct Inbox {
    private var decoder = FrameDecoder()
    private var buffer = ByteBuffer()

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
    mutating func next() -> FrameDecoder.Output? {
        if let output = self.decoder.next(from: &self.buffer) { return output }

        // Nothing is left: give the read buffer back for reuse.
        if self.buffer.readableBytes == 0 { self.buffer = ByteBuffer() }
        return nil
    }

    /// Whether the peer owes the rest of a frame.
    var isMidFrame: Bool { self.buffer.readableBytes > 0 || self.decoder.isSkipping }
}
