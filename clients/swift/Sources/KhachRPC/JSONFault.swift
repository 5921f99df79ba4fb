internal import Foundation
package import SwiftProtobuf

/// Where JSON stops being a message: the decoder says what is wrong and seldom where.
///
/// Decodes the members one by one; the first that fails alone is at fault.
package struct JSONFault<Decoded: Message> {
    private static var foundCharactersMax: Int { 40 }

    /// What was expected and what was found, in one line.
    package let text: String

    package init(_ bytes: [UInt8]) {
        // Foundation takes it.
        if let comma = Self.lastComma(bytes) {
            self.text = comma
            return
        }
        let whole: Any
        do {
            whole = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        } catch {
            self.text = Self.malformed(bytes, error as NSError)
            return
        }
        guard let object = whole as? [String: Any] else {
            self.text = "an object expected, \(Self.shown(whole)) found"
            return
        }

        self.text =
            Self.fault(in: object, at: "") { $0 }
            ?? "\(Decoded.protoMessageName) expected, other JSON found"
    }

    private static func fault(
        in object: [String: Any],
        at path: String,
        _ whole: (Any) -> Any
    ) -> String? {
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            let field = path + name
            guard let error = Self.failure(whole([name: value])) else { continue }

            let inner = (value as? [String: Any]).flatMap {
                Self.fault(in: $0, at: field + ".") { whole([name: $0]) }
            }
            return inner ?? "field \(field): \(Self.expected(error)), \(Self.shown(value)) found"
        }
        return nil
    }

    private static func failure(_ object: Any) -> (any Error)? {
        do {
            let data = try JSONSerialization.data(withJSONObject: object)
            _ = try Decoded(jsonUTF8Bytes: Array(data))
            return nil
        } catch {
            return error
        }
    }

    private static func expected(_ error: any Error) -> String {
        switch error as? JSONDecodingError {
        case .unrecognizedEnumValue: "a name of the schema's enumeration expected"
        case .malformedTimestamp: "a time like 2026-06-30T12:00:00Z expected"
        case .unknownField: "a field of the schema expected"
        case .malformedNumber, .numberRange: "a number in range expected"
        case .malformedBool: "true or false expected"
        case .malformedString: "a text expected"
        default: "a value of the schema expected"
        }
    }

    /// A comma behind the last member of an object, or behind the last element of a list.
    private static func lastComma(_ bytes: [UInt8]) -> String? {
        var isInText = false
        var isEscaped = false
        var isBehindComma = false
        for (offset, byte) in bytes.enumerated() {
            if isInText {
                isInText = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: "}") where isBehindComma:
                return "a member's name expected, } found at column \(Self.column(offset, bytes))"
            case UInt8(ascii: "]") where isBehindComma:
                return "JSON expected, ] found at column \(Self.column(offset, bytes))"
            default: break
            }
            isBehindComma = byte == UInt8(ascii: ",")
            isInText = byte == UInt8(ascii: "\"")
        }
        return nil
    }

    private static func column(_ offset: Int, _ bytes: [UInt8]) -> Int {
        String(decoding: bytes[..<offset], as: UTF8.self).count + 1
    }

    /// Foundation says where it stopped in words only, such as "around character 7".
    private static func malformed(_ bytes: [UInt8], _ error: NSError) -> String {
        let words = error.userInfo["NSDebugDescription"] as? String ?? ""
        guard let match = words.firstMatch(of: /character ([0-9]+)/), var offset = Int(match.1),
            offset < bytes.count
        else { return "JSON expected, the end found at column \(bytes.count + 1)" }

        // From the beginning of the word.
        while offset > 0, Character(UnicodeScalar(bytes[offset - 1])).isLetter { offset -= 1 }
        let column = Self.column(offset, bytes)
        let rest = String(decoding: bytes[offset...], as: UTF8.self)
        return "JSON expected, \(Self.cut(rest)) found at column \(column)"
    }

    private static func shown(_ value: Any) -> String {
        let data = try? JSONSerialization.data(
            withJSONObject: value,
            options: [.fragmentsAllowed, .withoutEscapingSlashes, .sortedKeys]
        )
        return Self.cut(String(decoding: data ?? Data(), as: UTF8.self))
    }

    private static func cut(_ text: String) -> String {
        text.count > Self.foundCharactersMax
            ? text.prefix(Self.foundCharactersMax) + "…" : text
    }
}
