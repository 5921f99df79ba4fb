internal import KhachCore

/// Where a list goes on, as an opaque text bound to the list and its filter.
struct PageToken {
    private let seal: Seal
    private let context: [UInt8]

    /// Tokens of one list: `name` and `filter` decide which tokens are its own.
    init(seal: Seal, list name: String, filter: [UInt8]) {
        self.seal = seal
        self.context = Array("khach.v1.page.\(name)\n".utf8) + filter
    }

    /// A token that carries these numbers.
    func text(_ numbers: [Int64]) -> String {
        var body: [UInt8] = []
        for number in numbers { body.appendInteger(UInt64(bitPattern: number)) }
        return Hexadecimal.text(self.seal.seal(body, context: self.context))
    }

    /// A token that carries a place among texts.
    func text(_ position: TextPosition) -> String {
        var body: [UInt8] = []
        body.appendInteger(UInt64(bitPattern: position.page.rawValue))
        body.append(contentsOf: position.eventKey.utf8)
        return Hexadecimal.text(self.seal.seal(body, context: self.context))
    }

    /// The place of a token; `nil` for no token.
    func textPosition(_ text: String) throws(InputError) -> TextPosition? {
        guard !text.isEmpty else { return nil }
        guard let bytes = Hexadecimal.bytes(text),
            let body = self.seal.open(bytes, context: self.context), body.count > 8
        else { throw .pageToken }

        return TextPosition(
            page: PageID(rawValue: Int64(bitPattern: body.integer(at: 0))),
            eventKey: String(decoding: body[8...], as: UTF8.self)
        )
    }

    /// The numbers of a token; `nil` for no token.
    func numbers(_ text: String, count: Int) throws(InputError) -> [Int64]? {
        guard !text.isEmpty else { return nil }
        guard let bytes = Hexadecimal.bytes(text),
            let body = self.seal.open(bytes, context: self.context), body.count == count * 8
        else { throw .pageToken }

        return (0..<count).map { Int64(bitPattern: body.integer(at: $0 * 8)) }
    }
}

extension InputError {
    fileprivate static let pageToken = InputError(
        "page_token",
        "the token of the reply before, with the same filter, expected; found another text"
    )
}

/// Bytes as text: two lower-case digits a byte.
private enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] },
            as: UTF8.self
        )
    }

    static func bytes(_ text: String) -> [UInt8]? {
        let values = text.utf8.map { digit in Self.digits.firstIndex(of: digit) }
        guard values.count.isMultiple(of: 2) else { return nil }

        var bytes: [UInt8] = []
        for pair in stride(from: 0, to: values.count, by: 2) {
            guard let high = values[pair], let low = values[pair + 1] else { return nil }

            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
