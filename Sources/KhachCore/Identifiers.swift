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
/// The number of each digit by its byte; 255 for a byte that is none.
private let numbers: [UInt8] = (0..<256).map { byte in
    UInt8(digits.firstIndex(of: UInt8(byte)) ?? 255)
}
private let digitsCount = 13

extension Identifier {
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// Reads the text form; `nil` when it is not one of this kind.
    package init?(text: String) {
        let bytes = text.utf8
        guard bytes.count == digitsCount + 1, bytes.first == Self.letter else { return nil }

        var number: UInt64 = 0
        for byte in bytes.dropFirst() {
            let value = numbers[Int(byte)]
            // 13 digits hold 65 bits, and a number has 63.
            guard value < 32, number >> 58 == 0 else { return nil }

            number = number << 5 | UInt64(value)
        }
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
