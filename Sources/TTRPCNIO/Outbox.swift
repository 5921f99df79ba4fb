internal import NIOCore

/// Bytes to be written together: everything one loop tick answers goes out in one write.
struct Outbox {
    /// Where frames are appended.
    var buffer = ByteBuffer()

    /// Above this much, a buffer is given up after its flush and not kept for the next one.
    private static let keptBytesMax = 256 << 10

    /// Writes what there is, if there is anything.
    mutating func flush(to context: ChannelHandlerContext) {
        guard self.buffer.readableBytes > 0 else { return }

        context.writeAndFlush(NIOAny(self.buffer), promise: nil)

        // Most writes are done by now, and then this reuses the memory; else it takes new memory.
        if self.buffer.capacity > Self.keptBytesMax {
            self.buffer = ByteBuffer()
        } else {
            self.buffer.clear()
        }
    }
}
