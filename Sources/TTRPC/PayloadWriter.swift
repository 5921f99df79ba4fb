internal import NIOCore

/// Writes a protobuf message field by field, so that stored bytes are spliced and not re-encoded.
///
/// Knows the protobuf wire format and nothing of any message.
package struct PayloadWriter {
    private var buffer: ByteBuffer

    /// Creates a writer with room for `capacity` bytes before it grows.
    package init(capacity: Int = 256) {
        self.buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    package var count: Int { self.buffer.readableBytes }
    package var payload: Payload { Payload(self.buffer) }
    /// A copy of what was written: a message that is to be a field of another.
    package var bytes: [UInt8] { Array(self.buffer.readableBytesView) }

    /// Writes a varint field; zero is absence in proto3 and writes nothing.
    package mutating func write(_ value: UInt64, field: Int) {
        guard value != 0 else { return }

        self.writeVarint(UInt64(field) << 3)
        self.writeVarint(value)
    }

    /// Writes a string, bytes or message field, even when it is empty.
    package mutating func write(_ bytes: some Collection<UInt8>, field: Int) {
        self.writeHeader(field: field, bytesCount: bytes.count)
        self.buffer.writeBytes(bytes)
    }

    /// Writes a string field; the empty string is absence in proto3 and writes nothing.
    package mutating func write(_ text: String, field: Int) {
        guard !text.isEmpty else { return }

        self.write(text.utf8, field: field)
    }

    /// Writes the tag and length of a length-delimited field whose bytes the caller appends next.
    package mutating func writeHeader(field: Int, bytesCount: Int) {
        self.writeVarint(UInt64(field) << 3 | 2)
        self.writeVarint(UInt64(bytesCount))
    }

    /// Appends bytes as they are.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        self.buffer.writeBytes(bytes)
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        self.buffer.writeBytes(bytes)
    }

    /// How many bytes a varint of `value` takes.
    package static func varintBytes(_ value: UInt64) -> Int {
        value == 0 ? 1 : (70 - value.leadingZeroBitCount) / 7
    }

    private mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.buffer.writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}
