/// An identifier that Khach gives out: opaque to callers, a 63-bit number to a store.
///
/// A number is the millisecond of its making shifted left by 20 bits, raised until it is higher
/// than every one before it. It is never given twice, even after a store was restored to an
/// earlier state, since time has moved on (docs/decisions/0003).
///
/// Its text is one letter for the kind and 13 characters of base 32 (Crockford, lower case), of
/// fixed width, so that texts sort as numbers do.
package protocol Identifier: Hashable, Comparable, Sendable {
    static var letter: UInt8 { get }
    var rawValue: Int64 { get }
    init(rawValue: Int64)
}

package struct BusinessID: Identifier {
    package static let letter = UInt8(ascii: "b")
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct PageID: Identifier {
    package static let letter = UInt8(ascii: "p")
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

package struct CustomerID: Identifier {
    package static let letter = UInt8(ascii: "c")
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

private let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
private let values: [UInt8: Int64] = Dictionary(
    uniqueKeysWithValues: digits.enumerated().map { ($1, Int64($0)) }
)
private let digitsCount = 13

extension Identifier {
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Reads the text form; `nil` when it is not one of this kind.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == digitsCount + 1, bytes[0] == Self.letter else { return nil }

        var number: UInt64 = 0
        for byte in bytes.dropFirst() {
            guard let value = values[byte] else { return nil }

            number = number << 5 | UInt64(value)
        }
        // 13 digits hold 65 bits; a first digit above 7 would have lost some.
        guard (values[bytes[1]] ?? 8) < 8, number <= UInt64(Int64.max) else { return nil }

        self.init(rawValue: Int64(number))
    }

    /// The text form, which is what callers see.
    package var text: String {
        String(unsafeUninitializedCapacity: digitsCount + 1) { buffer in
            var rest = UInt64(bitPattern: self.rawValue)
            for index in stride(from: digitsCount, through: 1, by: -1) {
                buffer[index] = digits[Int(rest & 31)]
                rest >>= 5
            }
            buffer[0] = Self.letter
            return digitsCount + 1
        }
    }
}

/// Gives out numbers for identifiers, each higher than the one before.
package struct IdentifierSequence: Sendable {
    private static let sequenceBits: Int64 = 20

    private var last: Int64

    /// Continues after `last`, the highest number given out so far.
    package init(after last: Int64) {
        self.last = last
    }

    package mutating func next(now: Instant) -> Int64 {
        self.last = max(self.last + 1, max(0, now.milliseconds) << Self.sequenceBits)
        return self.last
    }
}
