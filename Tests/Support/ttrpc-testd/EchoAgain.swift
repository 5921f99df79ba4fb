internal import NIOCore

/// Answers an ordinary EchoPayload in place: the same message, its number one higher.
///
/// Knows the one layout that every encoder writes (number, then text); anything else is left to
/// the slow road.
enum EchoAgain {
    static func answer(to request: ByteBuffer) -> ByteBuffer? {
        request.withUnsafeReadableBytes { bytes in
            var offset = 0
            guard let seq = self.number(tag: 0x08, in: bytes, &offset) else { return nil }

            let textStart = offset
            guard
                let count = self.number(tag: 0x12, in: bytes, &offset),
                offset + Int(count) == bytes.count, self.isOrdinary(bytes[offset...])
            else { return nil }

            var answer = ByteBufferAllocator().buffer(capacity: bytes.count + 1)
            answer.writeInteger(UInt8(0x08))
            var rest = seq &+ 1
            while rest >= 0x80 {
                answer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            answer.writeInteger(UInt8(truncatingIfNeeded: rest))
            answer.writeBytes(bytes[textStart...])
            return answer
        }
    }

    /// A varint field of at most 28 bits; 0 is not written by any encoder.
    private static func number(
        tag: UInt8,
        in bytes: UnsafeRawBufferPointer,
        _ offset: inout Int
    ) -> UInt32? {
        guard offset < bytes.count, bytes[offset] == tag else { return nil }

        offset += 1
        var value: UInt32 = 0
        for shift in stride(from: UInt32(0), to: 28, by: 7) {
            guard offset < bytes.count else { return nil }

            let byte = bytes[offset]
            offset += 1
            value |= UInt32(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }

    /// ASCII that asks for nothing: neither "meta", "fail:" nor "sleep:…".
    private static func isOrdinary(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = text.first else { return false }
        guard first != UInt8(ascii: "m"), first != UInt8(ascii: "f"), first != UInt8(ascii: "s")
        else { return false }

        var seen: UInt8 = 0
        for byte in text { seen |= byte }
        return seen < 0x80
    }
}
