internal import NIOCore

/// How much of a message has come that is incomplete: one is a byte, its length in four, and so
/// many bytes.
struct MessageMeter {
    static let headBytes = 5

    private var headCount = 0
    private var left = 0
    private(set) var incompleteBytes = 0
    /// The length of the longest message that has begun, as its head says it.
    private(set) var longestBytes = 0

    mutating func take(_ bytes: ByteBuffer) {
        var bytes = bytes
        while bytes.readableBytes > 0 {
            if self.headCount < Self.headBytes {
                guard let byte = bytes.readInteger(as: UInt8.self) else { return }

                // The first says whether the message is compressed.
                self.left = self.headCount == 0 ? 0 : self.left << 8 | Int(byte)
                self.headCount += 1
                self.incompleteBytes += 1
                if self.headCount == Self.headBytes {
                    self.longestBytes = max(self.longestBytes, self.left)
                }
            } else {
                let count = min(self.left, bytes.readableBytes)
                bytes.moveReaderIndex(forwardBy: count)
                self.left -= count
                self.incompleteBytes += count
            }
            if self.headCount == Self.headBytes, self.left == 0 {
                self.headCount = 0
                self.incompleteBytes = 0
            }
        }
    }
}
