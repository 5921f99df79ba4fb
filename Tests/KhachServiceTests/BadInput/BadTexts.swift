internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// The ways in which a text can be bad, each put into the middle of a good one and at its end.
enum BadText: String, Sendable, CaseIterable {
    case endsInACharacter = "a character that ends too soon"
    case surrogate = "half of a surrogate pair"
    case overlong = "NUL in two bytes"
    case beyond = "a character beyond Unicode"
    case nul = "NUL"
    case bidi = "an override of direction"
    case zeroWidth = "a zero-width space"

    /// What stands in a request until its bytes are made, so that Swift can hold it: 4 bytes that
    /// nothing else has.
    private static let placeholder = "\u{A4}\u{A4}"

    var isUTF8: Bool {
        switch self {
        case .endsInACharacter, .surrogate, .overlong, .beyond: false
        case .nul, .bidi, .zeroWidth: true
        }
    }

    private var bytes: [UInt8] {
        switch self {
        case .endsInACharacter: [0x61, 0xE1, 0xBA, 0x28]
        case .surrogate: [0x61, 0xED, 0xA0, 0x80]
        case .overlong: [0x61, 0x61, 0xC0, 0x80]
        case .beyond: [0xF4, 0x90, 0x80, 0x80]
        case .nul, .bidi, .zeroWidth: []
        }
    }

    /// What stands there when it was repaired.
    var repaired: String {
        switch self {
        case .endsInACharacter: "a\u{FFFD}("
        case .surrogate: "a\u{FFFD}\u{FFFD}\u{FFFD}"
        case .overlong: "aa\u{FFFD}\u{FFFD}"
        case .beyond: "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"
        case .nul: "\0"
        case .bidi: "\u{202E}"
        case .zeroWidth: "\u{200B}"
        }
    }

    /// A text made bad: in its middle, or at its end, where C would not see it.
    func spoiled(_ text: String, atEnd: Bool) -> String {
        let middle = text.index(text.startIndex, offsetBy: atEnd ? text.count : text.count / 2)
        let evil =
            switch self {
            case .nul: atEnd ? "\0x" : "\0"
            case .bidi: "\u{202E}"
            case .zeroWidth: "\u{200B}"
            default: Self.placeholder
            }
        return text[..<middle] + evil + text[middle...]
    }

    /// The bytes of a request that holds such a text.
    func payload(_ request: any Message) throws -> Payload {
        let bytes: [UInt8] = try request.serializedBytes()
        guard !self.isUTF8 else { return Payload(bytes: bytes) }

        let placeholder = Array(Self.placeholder.utf8)
        var spoiled: [UInt8] = []
        var rest = bytes[...]
        while let first = rest.first {
            let isPlaceholder = rest.starts(with: placeholder)
            spoiled += isPlaceholder ? self.bytes : [first]
            rest = rest.dropFirst(isPlaceholder ? placeholder.count : 1)
        }
        return Payload(bytes: spoiled)
    }
}

/// A business with a page and a customer, for requests that name them.
struct BadInputShop: Sendable {
    var business: String
    var page: String
    var customer: String

    init(in harness: ServiceHarness) async throws {
        let shop = try await harness.shop()
        self.business = shop.business.id
        self.page = shop.page.id
        self.customer = try await harness.customer("sđt 0912345678")
    }
}

/// A text of a request, and what becomes of a bad one.
struct TextField: Sendable, CustomTestStringConvertible {
    enum Fate: Sendable {
        /// With the field that the row names.
        case refused
        case accepted
    }

    var method: String
    /// As the refusal names it.
    var field: String
    /// Half-formed UTF-8 is always refused.
    var nul: Fate
    var invisible: Fate
    /// A good text.
    var text: @Sendable (BadInputShop) -> String = { _ in "abcdef" }
    var request: @Sendable (BadInputShop, String) -> any Message
    var testDescription: String { "\(self.method) \(self.field)" }

    func fate(of bad: BadText) -> Fate {
        guard bad.isUTF8 else { return .refused }

        return bad == .nul ? self.nul : self.invisible
    }
}
