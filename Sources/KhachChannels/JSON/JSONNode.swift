internal import SwiftProtobuf

/// A value of a body and where it is: what is asked of it either succeeds or names the place.
struct JSONNode {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String = "") {
        self.value = value
        self.path = path
    }

    /// The member of that name; `nil` when there is none, or null.
    ///
    /// A member that is there twice is refused: two readers would take different ones.
    func optional(_ name: StaticString) throws(WebhookRefusal) -> JSONNode? {
        guard case .object(let members) = self.value else { throw self.refusal("an object") }

        let found = members.filter { $0.name == "\(name)" }
        guard found.count <= 1 else {
            throw WebhookRefusal(
                self.memberPath(name),
                expected: "one member of that name",
                found: "\(found.count)"
            )
        }
        guard let member = found.first, member.value != .null else { return nil }

        return JSONNode(member.value, path: self.memberPath(name))
    }

    /// The member of that name; `expected` says what it should be when it is missing.
    func required(
        _ name: StaticString,
        _ expected: String = "an object"
    ) throws(WebhookRefusal) -> JSONNode {
        guard let member = try self.optional(name) else {
            throw WebhookRefusal(self.memberPath(name), expected: expected, found: "nothing")
        }

        return member
    }

    func has(_ name: StaticString) throws(WebhookRefusal) -> Bool {
        try self.optional(name) != nil
    }

    func elements() throws(WebhookRefusal) -> [JSONNode] {
        guard case .list(let elements) = self.value else { throw self.refusal("a list") }

        return elements.enumerated().map { JSONNode($1, path: "\(self.path)[\($0)]") }
    }

    func text() throws(WebhookRefusal) -> String {
        guard case .text(let text) = self.value else { throw self.refusal("a text") }

        return text
    }

    func flag() throws(WebhookRefusal) -> Bool {
        guard case .flag(let flag) = self.value else { throw self.refusal("true or false") }

        return flag
    }

    func refusal(_ expected: String, _ found: String? = nil) -> WebhookRefusal {
        WebhookRefusal(self.path, expected: expected, found: found ?? self.value.kind)
    }

    /// A refusal of a word of the platform's vocabulary, which is shown.
    func refusal(ofWord word: String, _ expected: String) -> WebhookRefusal {
        let shown = word.unicodeScalars.prefix(WebhookLimits.shownCharactersMax)
            .map { $0.isASCII && $0.value >= 0x20 ? Character($0) : "?" }
        return self.refusal(expected, "\"\(String(shown))\"")
    }

    private func memberPath(_ name: StaticString) -> String {
        self.path.isEmpty ? "\(name)" : "\(self.path).\(name)"
    }
}

// Values of the platforms.
extension JSONNode {
    /// An identifier: opaque, and exactly as it was written (domain.md I1).
    ///
    /// Some platforms write numbers; their digits are kept, however many. A number that is not its
    /// digits (`1e20`, `-1`, `1.0`) is nobody's identifier, and neither is a text of which a byte
    /// was replaced: two different ones could become the same.
    func identifier() throws(WebhookRefusal) -> String {
        let text: String
        switch self.value {
        case .text(let value): text = value
        case .number(let literal):
            guard literal.utf8.allSatisfy(Self.isDigit) else {
                throw self.refusal("an identifier", "a number that is not whole digits")
            }
            text = literal
        default: throw self.refusal("an identifier")
        }
        guard !text.isEmpty else { throw self.refusal("an identifier") }
        guard !text.unicodeScalars.contains("\u{FFFD}") else {
            throw self.refusal("an identifier in UTF-8", "other bytes")
        }

        return text
    }

    /// A time, in a number or in a text of digits.
    func time() throws(WebhookRefusal) -> Google_Protobuf_Timestamp {
        let digits: String
        switch self.value {
        case .number(let literal): digits = literal
        case .text(let text): digits = text
        default: throw self.refusal("a time")
        }
        guard digits.utf8.allSatisfy(Self.isDigit), let time = UnixTime.timestamp(digits) else {
            let isNumber = digits.utf8.allSatisfy { Self.isDigit($0) || "+-.eE".utf8.contains($0) }
            let expected = "a time in whole units since 1970"
            throw isNumber ? self.refusal(ofWord: digits, expected) : self.refusal(expected)
        }

        return time
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
