/// Up to 18 digits in a row, leading zeros kept: a number small enough to copy.
struct PhoneDigits: Hashable, Sendable {
    static let countMax = 18

    private(set) var value: UInt64 = 0
    private(set) var count = 0

    init() {}

    init(value: UInt64, count: Int) {
        self.value = value
        self.count = count
    }

    /// The caller keeps `count` below `countMax`.
    mutating func append(_ digit: UInt8) {
        precondition(self.count < Self.countMax, "at most 18 digits expected")
        self.value = self.value * 10 + UInt64(digit)
        self.count += 1
    }

    /// The first digits as a number; `nil` when there are fewer.
    func prefix(_ length: Int) -> Int? {
        guard length <= self.count else { return nil }

        return Int(self.value / Self.power(self.count - length))
    }

    /// Without the first digits, of which there are at least so many.
    func dropFirst(_ length: Int) -> PhoneDigits {
        precondition(length <= self.count, "no more digits to drop than there are")
        let rest = self.count - length
        return PhoneDigits(value: self.value % Self.power(rest), count: rest)
    }

    /// These digits after `prefix`, which has no leading zero.
    func following(_ prefix: Int, digits: Int) -> PhoneDigits {
        PhoneDigits(
            value: UInt64(prefix) * Self.power(self.count) + self.value,
            count: self.count + digits
        )
    }

    /// The digits after a `+`.
    var e164: String {
        let digits = String(self.value)
        return "+" + String(repeating: "0", count: max(0, self.count - digits.utf8.count)) + digits
    }

    private static let powers: [UInt64] = {
        var powers: [UInt64] = [1]
        for _ in 0..<Self.countMax { powers.append((powers.last ?? 1) * 10) }
        return powers
    }()

    private static func power(_ exponent: Int) -> UInt64 { self.powers[exponent] }
}
