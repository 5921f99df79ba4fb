/// The bytes of a protobuf message, written field by field, in the order of their numbers.
///
/// For what is written once for each message of a chat: a message of SwiftProtobuf is made in
/// memory, measured, and only then written. What is empty or 0 is left out, as there. Over an
/// array, since a store keeps arrays; `PayloadWriter` writes replies, which are a socket's buffers.
struct MessageBytes {
    private enum WireType {
        static let varint: UInt64 = 0
        static let lengthDelimited: UInt64 = 2
    }

    private static let bytesExpected = 256

    private(set) var bytes: [UInt8] = []

    /// The bytes of the message that `write` writes.
    static func of(_ write: (inout MessageBytes) -> Void) -> [UInt8] {
        var message = MessageBytes()
        message.bytes.reserveCapacity(Self.bytesExpected)
        write(&message)
        // As long as they are: the store keeps those of thousands of customers.
        return message.bytes.withUnsafeBytes { Array($0) }
    }

    mutating func number(_ field: UInt64, _ number: UInt64) {
        guard number != 0 else { return }

        self.varint(field << 3 | WireType.varint)
        self.varint(number)
    }

    /// Of the types int32 and int64, whose negative numbers are ten bytes.
    mutating func number(_ field: UInt64, signed number: some SignedInteger) {
        self.number(field, UInt64(bitPattern: Int64(number)))
    }

    mutating func flag(_ field: UInt64, _ isSet: Bool) {
        self.number(field, isSet ? 1 : 0)
    }

    mutating func text(_ field: UInt64, _ text: String) {
        guard !text.isEmpty else { return }

        self.varint(field << 3 | WireType.lengthDelimited)
        self.varint(UInt64(text.utf8.count))
        self.bytes.append(contentsOf: text.utf8)
    }

    /// A repeated field of int32, packed.
    mutating func numbers(_ field: UInt64, signed numbers: some Collection<Int32>) {
        guard !numbers.isEmpty else { return }

        self.message(field) { message in
            for number in numbers {
                message.varint(UInt64(bitPattern: Int64(number)))
            }
        }
    }

    /// A message in the message; it is written also where it is empty.
    mutating func message(_ field: UInt64, _ write: (inout MessageBytes) -> Void) {
        self.varint(field << 3 | WireType.lengthDelimited)
        // Nearly all are so short that their length is one byte.
        self.bytes.append(0)
        let start = self.bytes.count
        write(&self)
        let count = self.bytes.count - start
        guard count >= 0x80 else {
            self.bytes[start - 1] = UInt8(count)
            return
        }

        var length = MessageBytes()
        length.varint(UInt64(count))
        self.bytes.replaceSubrange(start - 1..<start, with: length.bytes)
    }

    private mutating func varint(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(rest))
    }
}
