internal import NIOCore

/// Bytes to be written together: everything one loop tick answers goes out in one write.
///
/// Writes nothing itself: a write may call back into the handler that owns this before it returns.
struct Outbox {
    /// Where frames are appended.
    var buffer = ByteBuffer()
    /// Where frames are appended that go before those.
    var urgent = ByteBuffer()
    /// How much was ever taken from here.
    private var takenBytes = 0

    /// Above this much, a buffer is given up after its flush and not kept for the next one.
    private static let keptBytesMax = 256 << 10

    /// What there is to write, if there is anything.
    mutating func take() -> ByteBuffer? {
        if self.urgent.readableBytes > 0 {
            self.urgent.writeImmutableBuffer(self.buffer)
            self.buffer = exchange(&self.urgent, with: ByteBuffer())
        }
        guard self.buffer.readableBytes > 0 else { return nil }

        self.takenBytes += self.buffer.readableBytes
        return exchange(&self.buffer, with: ByteBuffer())
    }

    /// How much of what was taken the socket has, too: it grows while the peer reads.
    func sentBytes(_ channel: any Channel) -> Int {
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        return self.takenBytes - (waiting ?? self.takenBytes)
    }

    /// Takes a buffer that was written for use again: most writes are done when they return.
    mutating func reuse(_ written: consuming ByteBuffer) {
        guard self.buffer.capacity == 0, written.capacity <= Self.keptBytesMax else { return }

        written.clear()
        self.buffer = written
    }
}

extension ChannelHandlerContext {
    /// Closes the channel once all that was written before has gone out.
    func closeAfterWrites(on loop: any EventLoop) {
        let written = loop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.close(promise: nil) }
        self.writeAndFlush(NIOAny(ByteBuffer()), promise: written)
    }
}
