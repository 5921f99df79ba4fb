internal import Foundation
internal import KhachTestKit
internal import Testing

@testable internal import KhachChannels

@Suite("Reading JSON")
struct JSONReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var json: String
        var expected: JSONValue
    }

    static let cases: [Case] = [
        Case(
            testDescription: "digits stay",
            json: "9007199254740993",
            expected: .number("9007199254740993")
        ),
        Case(testDescription: "all of them", json: " -0.10e+05 ", expected: .number("-0.10e+05")),
        Case(
            testDescription: "words",
            json: "[true,false,null]",
            expected: .list([.flag(true), .flag(false), .null])
        ),
        Case(
            testDescription: "empty brackets",
            json: "[{},[ ]]",
            expected: .list([.object([]), .list([])])
        ),
        Case(
            testDescription: "members twice, in order",
            json: #"{"a":1,"a":2}"#,
            expected: .object([
                .init(name: "a", value: .number("1")), .init(name: "a", value: .number("2")),
            ])
        ),
        Case(
            testDescription: "escapes",
            json: #""\"\\\/\b\f\n\r\t\u0000é""#,
            expected: .text("\"\\/\u{8}\u{C}\n\r\t\0é")
        ),
        Case(testDescription: "a pair", json: #""\ud83d\ude00""#, expected: .text("😀")),
        Case(
            testDescription: "halves of a pair",
            json: #""\ud83d\u0041\ude00""#,
            expected: .text("\u{FFFD}A\u{FFFD}")
        ),
        Case(
            testDescription: "two first halves",
            json: #""\ud83d\ud83d\ude00""#,
            expected: .text("\u{FFFD}😀")
        ),
        Case(testDescription: "a byte order mark", json: "\u{FEFF}1", expected: .number("1")),
    ]

    @Test("keeps what was written", arguments: cases)
    func accept(_ example: Case) throws {
        #expect(try JSONReader.value(of: Array(example.json.utf8)) == example.expected)
    }

    static let refused: [(String, String, String)] = [
        ("", "JSON", "nothing"), (" ", "JSON", "the end"), ("x", "JSON", "other text at byte 1"),
        ("01", "the end of the JSON", "other text at byte 2"), ("1.", "a digit", "the end"),
        ("-", "a digit", "the end"), ("1e", "a digit", "the end"),
        ("+1", "JSON", "other text at byte 1"), (".5", "JSON", "other text at byte 1"),
        ("NaN", "JSON", "other text at byte 1"), ("tru", "JSON", "other text at byte 1"),
        ("[1,]", "JSON", "other text at byte 4"),
        ("{,}", "a member's name", "other text at byte 2"),
        (#"{"a":1,}"#, "a member's name", "other text at byte 8"),
        (#"{"a":1 , }"#, "a member's name", "other text at byte 10"),
        (#"{"a"}"#, "a colon", "other text at byte 5"),
        ("[1 2]", "a comma or the end of a list", "other text at byte 4"),
        (#"{"a":1"#, "a comma or the end of an object", "the end"),
        (#""a"#, "the end of a text", "the end"),
        (#""\x""#, "an escaped character", "other text at byte 3"),
        (#""\u12g4""#, "four hexadecimal digits", "other text at byte 6"),
        ("\"\n\"", "a text without control characters", "other text at byte 2"),
        ("1 1", "the end of the JSON", "other text at byte 3"),
    ]

    @Test("says where it ends", arguments: refused)
    func refuse(_ json: String, _ expected: String, _ found: String) {
        let fault = #expect(throws: JSONReader.Fault.self) {
            try JSONReader.value(of: Array(json.utf8))
        }
        #expect(fault?.expected == expected)
        #expect(fault?.found == found)
    }

    @Test("64 levels are read and 65 are not, and neither are a million")
    func levels() throws {
        func nested(_ count: Int) -> [UInt8] {
            Array(repeating: UInt8(ascii: "["), count: count)
                + Array(repeating: UInt8(ascii: "]"), count: count)
        }
        _ = try JSONReader.value(of: nested(64))
        for count in [65, 1_000_000] {
            #expect(throws: JSONReader.Fault(expected: "at most 64 levels", found: "more")) {
                try JSONReader.value(of: nested(count))
            }
        }
    }

    @Test("agrees with Foundation about what is JSON and what it says")
    func foundation() throws {
        var mutant = try BodyMutant("JSONReaderTests.foundation")
        var acceptedCount = 0
        for _ in 0..<3_000 {
            let bytes = mutant.next().bytes
            // Foundation guesses other encodings from a NUL, and has no bound of 64 levels.
            guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
                continue
            }

            let theirs = try? JSONSerialization.jsonObject(
                with: Data(bytes),
                options: .fragmentsAllowed
            )
            let ours: JSONValue?
            do {
                ours = try JSONReader.value(of: bytes)
            } catch {
                guard error.found != "more" else { continue }

                ours = nil
            }
            let text = String(decoding: bytes, as: UTF8.self)
            // It takes a comma behind the last member or element, which no grammar of JSON has.
            guard ours != nil || !text.contains(#/,\s*[}\]]/#) else { continue }
            guard let theirs else {
                // It refuses halves of surrogate pairs, and numbers that no Double holds.
                #expect(
                    ours == nil || text.contains("\\u") || text.contains(#/[0-9][eE]/#),
                    "\(text)"
                )
                continue
            }

            acceptedCount += 1
            #expect(
                ours.map { Self.isSame($0, theirs) } ?? false,
                "\(text)"
            )
        }
        #expect(acceptedCount > 100)
    }

    private static func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch (ours, theirs) {
        case (.null, is NSNull): return true
        case (.text(let text), let other as String): return text.utf8.elementsEqual(other.utf8)
        case (.list(let list), let other as [Any]):
            return list.count == other.count && zip(list, other).allSatisfy { Self.isSame($0, $1) }
        case (.object(let members), let other as [String: Any]):
            // Of a repetition it keeps one, and does not say which.
            return members.allSatisfy { member in
                members.filter { $0.name == member.name }.count > 1
                    || other[member.name].map { Self.isSame(member.value, $0) } ?? false
            }
        case (.flag(let flag), let other as NSNumber): return flag == other.boolValue
        case (.number(let literal), let other as NSNumber):
            // It rounds what is longer, and not as Double does.
            return literal.utf8.count > 17 || Double(literal) == other.doubleValue
        default: return false
        }
    }
}
