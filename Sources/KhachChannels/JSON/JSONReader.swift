/// Makes a value of the bytes of a JSON document (RFC 8259), and loses nothing of it.
///
/// More forgiving than it must be in two things, since one bad character of a text is not worth an
/// event: bytes that are not UTF-8, and halves of a surrogate pair, become U+FFFD.
struct JSONReader {
    /// Where the bytes stop being JSON.
    struct Fault: Error, Hashable, Sendable {
        var expected: String
        var found: String
    }

    private let bytes: [UInt8]
    private var position = 0

    static func value(of bytes: [UInt8]) throws(Fault) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        reader.skipSpace()
        let value = try reader.value(level: 0)
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.fault("the end of the JSON") }

        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func value(level: Int) throws(Fault) -> JSONValue {
        switch self.next {
        case UInt8(ascii: "{"): return .object(try self.members(level: level + 1))
        case UInt8(ascii: "["): return .list(try self.elements(level: level + 1))
        case UInt8(ascii: "\""): return .text(try self.text())
        case UInt8(ascii: "-"): return .number(try self.number())
        case UInt8(ascii: "t"): return try self.word("true", .flag(true))
        case UInt8(ascii: "f"): return try self.word("false", .flag(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        default:
            guard self.isAtDigit else { throw self.fault("JSON") }

            return .number(try self.number())
        }
    }

    private mutating func members(level: Int) throws(Fault) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        try self.open(level)
        guard !self.take("}") else { return members }

        repeat {
            self.skipSpace()
            guard self.next == UInt8(ascii: "\"") else { throw self.fault("a member's name") }

            let name = try self.text()
            self.skipSpace()
            guard self.take(":") else { throw self.fault("a colon") }

            self.skipSpace()
            members.append(.init(name: name, value: try self.value(level: level)))
            self.skipSpace()
        } while self.take(",")
        guard self.take("}") else { throw self.fault("a comma or the end of an object") }

        return members
    }

    private mutating func elements(level: Int) throws(Fault) -> [JSONValue] {
        var elements: [JSONValue] = []
        try self.open(level)
        guard !self.take("]") else { return elements }

        repeat {
            self.skipSpace()
            elements.append(try self.value(level: level))
            self.skipSpace()
        } while self.take(",")
        guard self.take("]") else { throw self.fault("a comma or the end of a list") }

        return elements
    }

    /// Steps over an opening bracket.
    private mutating func open(_ level: Int) throws(Fault) {
        let most = WebhookLimits.levelsMax
        guard level <= most else { throw Fault(expected: "at most \(most) levels", found: "more") }

        self.position += 1
        self.skipSpace()
    }

    private mutating func number() throws(Fault) -> String {
        let start = self.position
        _ = self.take("-")
        if !self.take("0") { try self.digits() }
        if self.take(".") { try self.digits() }
        if self.take("e") || self.take("E") {
            if !self.take("+") { _ = self.take("-") }
            try self.digits()
        }
        return String(decoding: self.bytes[start..<self.position], as: UTF8.self)
    }

    private mutating func digits() throws(Fault) {
        let start = self.position
        while self.isAtDigit { self.position += 1 }
        guard self.position > start else { throw self.fault("a digit") }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(Fault) -> JSONValue {
        guard self.bytes[self.position...].starts(with: word.utf8) else { throw self.fault("JSON") }

        self.position += word.utf8.count
        return value
    }

    private var next: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    private var isAtDigit: Bool {
        self.next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard self.next == UInt8(ascii: character) else { return false }

        self.position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = self.next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { self.position += 1 }
    }

    private func fault(_ expected: String) -> Fault {
        let isAtEnd = self.position >= self.bytes.count
        return Fault(
            expected: expected,
            found: self.bytes.isEmpty
                ? "nothing" : isAtEnd ? "the end" : "other text at byte \(self.position + 1)"
        )
    }
}

// Texts.
extension JSONReader {
    private mutating func text() throws(Fault) -> String {
        self.position += 1
        var utf8: [UInt8] = []
        var start = self.position
        while let byte = self.next {
            switch byte {
            case UInt8(ascii: "\""):
                utf8 += self.bytes[start..<self.position]
                self.position += 1
                return String(decoding: utf8, as: UTF8.self)
            case UInt8(ascii: "\\"):
                utf8 += self.bytes[start..<self.position]
                self.position += 1
                UTF8.encode(try self.escaped())?.forEach { utf8.append($0) }
                start = self.position
            case ..<0x20: throw self.fault("a text without control characters")
            default: self.position += 1
            }
        }
        throw self.fault("the end of a text")
    }

    /// The character after a reverse solidus.
    private mutating func escaped() throws(Fault) -> Unicode.Scalar {
        guard let byte = self.next else { throw self.fault("an escaped character") }

        if let character = Self.plain(byte) {
            self.position += 1
            return character
        }
        guard self.take("u") else { throw self.fault("an escaped character") }

        let first = try self.codeUnit()
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }

        let rest = self.position
        guard self.take("\\"), self.take("u") else {
            self.position = rest
            return "\u{FFFD}"
        }

        let second = try self.codeUnit()
        guard UTF16.isTrailSurrogate(second) else {
            self.position = rest
            return "\u{FFFD}"
        }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    /// What one byte behind a reverse solidus stands for.
    private static func plain(_ byte: UInt8) -> Unicode.Scalar? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): Unicode.Scalar(byte)
        case UInt8(ascii: "b"): "\u{8}"
        case UInt8(ascii: "f"): "\u{C}"
        case UInt8(ascii: "n"): "\n"
        case UInt8(ascii: "r"): "\r"
        case UInt8(ascii: "t"): "\t"
        default: nil
        }
    }

    private mutating func codeUnit() throws(Fault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = self.next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw self.fault("four hexadecimal digits") }

            unit = unit << 4 | UInt16(digit)
            self.position += 1
        }
        return unit
    }
}
