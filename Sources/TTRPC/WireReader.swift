/// Reads the fields of a protobuf message out of raw bytes.
///
/// Knows the wire format and nothing of any message; stricter than it need be nowhere, and as
/// strict as Go's reader everywhere: a varint has at most ten bytes and 64 bits.
struct WireReader {
    /// The bytes are not a protobuf message.
    struct Malformed: Error, Equatable {}

    enum Field {
        case varint(UInt64)
        /// Where the bytes of a string, bytes or message field are.
        case bytes(Range<Int>)
        /// A field of a kind that no envelope has; its bytes are passed already.
        case other
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        self.bytes = bytes
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    /// The next field, or `nil` at the end.
    @inline(__always)
    mutating func next() throws(Malformed) -> (number: Int, field: Field)? {
        guard self.offset < self.end else { return nil }

        let tag = try self.readTag()
        switch tag.kind {
        case 0: return (tag.number, .varint(try self.readVarint()))
        case 2: return (tag.number, .bytes(try self.readRange()))
        default:
            try self.skip(tag, depth: 0)
            return (tag.number, .other)
        }
    }

    private typealias Tag = (number: Int, kind: UInt8)

    @inline(__always)
    private mutating func readTag() throws(Malformed) -> Tag {
        let tag = try self.readVarint()
        let number = tag >> 3
        guard (1...0x1FFF_FFFF).contains(number) else { throw Malformed() }

        return (Int(number), UInt8(tag & 7))
    }

    @inline(__always)
    private mutating func readRange() throws(Malformed) -> Range<Int> {
        let count = try self.readVarint()
        guard count <= UInt64(self.end - self.offset) else { throw Malformed() }

        let start = self.offset
        self.offset += Int(count)
        return start..<self.offset
    }

    @inline(__always)
    private mutating func readVarint() throws(Malformed) -> UInt64 {
        if self.offset < self.end, self.bytes[self.offset] < 0x80 {
            self.offset += 1
            return UInt64(self.bytes[self.offset - 1])
        }
        return try self.readLongVarint()
    }

    private mutating func readLongVarint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, through: 63, by: 7) {
            guard self.offset < self.end else { throw Malformed() }

            let byte = self.bytes[self.offset]
            self.offset += 1
            guard shift < 63 || byte <= 1 else { throw Malformed() }

            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw Malformed()
    }

    private mutating func skip(_ tag: Tag, depth: Int) throws(Malformed) {
        switch tag.kind {
        case 0: _ = try self.readVarint()
        case 1: try self.skip(bytesCount: 8)
        case 2: _ = try self.readRange()
        case 3:
            guard depth < Limits.groupDepthMax else { throw Malformed() }

            while true {
                let inner = try self.readTag()
                if inner.kind == 4 {
                    guard inner.number == tag.number else { throw Malformed() }
                    return
                }
                try self.skip(inner, depth: depth + 1)
            }
        case 5: try self.skip(bytesCount: 4)
        default: throw Malformed()  // the end of a group that never began, or no kind at all
        }
    }

    private mutating func skip(bytesCount: Int) throws(Malformed) {
        guard bytesCount <= self.end - self.offset else { throw Malformed() }

        self.offset += bytesCount
    }
}

extension UnsafeRawBufferPointer {
    /// The text at `range`, refused if it is not UTF-8.
    func text(at range: Range<Int>) throws(WireReader.Malformed) -> String {
        // Most texts of a frame are ASCII, which costs less to see than to validate.
        if self.isASCII(at: range) { return String(decoding: self[range], as: UTF8.self) }
        guard let text = String(validating: self[range], as: UTF8.self) else {
            throw WireReader.Malformed()
        }
        return text
    }

    func isASCII(at range: Range<Int>) -> Bool {
        var seen: UInt8 = 0
        for index in range { seen |= self[index] }
        return seen < 0x80
    }
}
