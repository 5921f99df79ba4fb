/// Writes JSON objects, one a line, as bytes.
///
/// By hand, because a sample is limited by how fast lines can be made. Keys are written as they
/// are; values are escaped.
struct JSONLines: Sendable {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    mutating func begin() {
        self.bytes.append(UInt8(ascii: "{"))
        self.isFirst = true
    }

    mutating func end() {
        self.bytes.append(UInt8(ascii: "}"))
        self.bytes.append(UInt8(ascii: "\n"))
    }

    mutating func removeAll() {
        self.bytes.removeAll(keepingCapacity: true)
    }

    /// A member whose value is a text; the empty text is absence and writes nothing.
    mutating func write(_ key: StaticString, _ value: String) {
        guard !value.isEmpty else { return }

        self.writeKey(key)
        self.writeText(value)
    }

    /// A member whose value is a list of texts.
    mutating func write(_ key: StaticString, _ values: [String]) {
        self.writeKey(key)
        self.bytes.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
            self.writeText(value)
        }
        self.bytes.append(UInt8(ascii: "]"))
    }

    /// A member whose value is a number, or any other JSON that is valid.
    mutating func write(_ key: StaticString, number: String) {
        self.writeKey(key)
        self.bytes.append(contentsOf: number.utf8)
    }

    private mutating func writeKey(_ key: StaticString) {
        if !self.isFirst { self.bytes.append(UInt8(ascii: ",")) }
        self.isFirst = false
        self.bytes.append(UInt8(ascii: "\""))
        key.withUTF8Buffer { self.bytes.append(contentsOf: $0) }
        self.bytes.append(UInt8(ascii: "\""))
        self.bytes.append(UInt8(ascii: ":"))
    }

    private mutating func writeText(_ value: String) {
        self.bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                self.bytes.append(UInt8(ascii: "\\"))
                self.bytes.append(byte)
            case 0..<0x20:
                self.bytes.append(contentsOf: "\\u00".utf8)
                self.bytes.append(Self.hexadecimal[Int(byte >> 4)])
                self.bytes.append(Self.hexadecimal[Int(byte & 15)])
            default: self.bytes.append(byte)
            }
        }
        self.bytes.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}

extension JSONLines {
    /// An instant in milliseconds as RFC 3339 in UTC: `2026-06-30T16:59:59.999Z`.
    static func time(_ milliseconds: Int64) -> String {
        let (days, rest) = milliseconds.flooredDivision(by: 86_400_000)
        let (year, month, day) = Self.date(days)
        let seconds = rest / 1_000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        for (value, width, end) in [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (seconds / 3_600, 2, ":"),
            (seconds / 60 % 60, 2, ":"), (seconds % 60, 2, "."), (rest % 1_000, 3, "Z"),
        ] {
            var divisor: Int64 = width == 4 ? 1_000 : width == 3 ? 100 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
            text += end.utf8
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The civil date of a day since 1970 in the proleptic Gregorian calendar.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
        let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            year + era * 400 + (month <= 2 ? 1 : 0), month,
            dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
