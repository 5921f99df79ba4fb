internal import KhachProto
internal import TTRPC

/// Splits a message of one repeated field into its items without decoding them.
///
/// Elements are counted before anything is allocated for them (architecture, decision 15), and one
/// item that cannot be read does not take the others with it.
package struct ItemScan {
    /// Where each item's bytes lie in the message.
    package let items: [Range<Int>]

    /// `nil` when the bytes are not a protobuf message, and then no decoder takes them either.
    ///
    /// Stops reading at `itemsMax + 1` items.
    package init?(_ bytes: UnsafeRawBufferPointer, field: UInt64, itemsMax: Int) {
        var items: [Range<Int>] = []
        var reader = FieldReader(bytes)
        while let next = reader.next() {
            guard case .bytes(let range) = next.value, next.number == field else { continue }

            items.append(range)
            guard items.count <= itemsMax else { break }
        }
        guard !reader.isMalformed else { return nil }

        self.items = items
    }
}

/// Walks the fields of a protobuf message; knows the wire format and no message.
struct FieldReader {
    enum Value {
        case number
        case bytes(Range<Int>)
    }

    struct Field {
        var number: UInt64
        /// Where its tag begins.
        var start: Int
        var value: Value
    }

    /// Deeper than the generated decoder goes.
    private static let groupDepthMax = 128

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private(set) var isMalformed = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func next() -> Field? {
        guard self.offset < self.bytes.count, !self.isMalformed else { return nil }

        let start = self.offset
        guard let tag = self.varint(), tag >> 3 > 0, let value = self.value(of: tag, depth: 0)
        else {
            self.isMalformed = true
            return nil
        }
        return Field(number: tag >> 3, start: start, value: value)
    }

    private mutating func value(of tag: UInt64, depth: Int) -> Value? {
        switch tag & 7 {
        case 0: return self.varint() == nil ? nil : .number
        case 1: return self.skip(8) == nil ? nil : .number
        case 2: return self.varint().flatMap { self.skip($0) }.map { .bytes($0) }
        case 3: return self.skipGroup(tag >> 3, depth: depth + 1) ? .number : nil
        case 5: return self.skip(4) == nil ? nil : .number
        default: return nil
        }
    }

    /// Passes a group, which no message here has, as the generated decoder does: whatever that
    /// takes must be counted.
    private mutating func skipGroup(_ number: UInt64, depth: Int) -> Bool {
        guard depth <= Self.groupDepthMax else { return false }

        while let tag = self.varint(), tag >> 3 > 0 {
            if tag & 7 == 4 { return tag >> 3 == number }
            guard self.value(of: tag, depth: depth) != nil else { return false }
        }
        return false
    }

    private mutating func skip(_ count: UInt64) -> Range<Int>? {
        guard count <= UInt64(self.bytes.count - self.offset) else { return nil }

        let range = self.offset..<self.offset + Int(count)
        self.offset = range.upperBound
        return range
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard self.offset < self.bytes.count else { return nil }

            let byte = self.bytes[self.offset]
            self.offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
