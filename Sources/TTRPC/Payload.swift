package import NIOCore
internal import SwiftProtobuf

/// The bytes of one message, in or out.
///
/// Knows bytes and nothing else. It wraps NIO's buffer so that a service can read and write
/// messages without importing NIO: SwiftProtobuf decodes from it and encodes into it directly.
package struct Payload: Hashable, Sendable {
    package var buffer: ByteBuffer

    package init(_ buffer: ByteBuffer = ByteBuffer()) {
        self.buffer = buffer
    }

    package init(bytes: some Sequence<UInt8>) {
        self.buffer = ByteBuffer(bytes: bytes)
    }

    package var count: Int { self.buffer.readableBytes }

    /// A copy of the bytes.
    package var bytes: [UInt8] { Array(self.buffer.readableBytesView) }
}

extension Payload: SwiftProtobufContiguousBytes {
    package init(repeating byte: UInt8, count: Int) {
        self.buffer = ByteBuffer(repeating: byte, count: count)
    }

    package init<Bytes: Sequence>(_ sequence: Bytes) where Bytes.Element == UInt8 {
        self.buffer = ByteBuffer(bytes: sequence)
    }

    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try self.buffer.withUnsafeReadableBytes(body)
    }

    package mutating func withUnsafeMutableBytes<R>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> R
    ) rethrows -> R {
        try self.buffer.withUnsafeMutableReadableBytes(body)
    }
}
