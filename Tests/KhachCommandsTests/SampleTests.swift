internal import Foundation
internal import KhachProto
internal import SwiftProtobuf
internal import Testing

@testable internal import KhachCommands

@Suite("Samples")
struct SampleTests {
    /// Everything of the small sample, decoded once.
    static let small: (lines: [Khach_V1_Interaction], labels: [Label]) = {
        var lines: [UInt8] = []
        var labels: [UInt8] = []
        Sample(size: .small, seed: 1).write {
            lines += $0
            labels += $1
        }
        return (
            lines.split(separator: 10).compactMap { try? .init(jsonUTF8Bytes: Array($0)) },
            labels.split(separator: 10).compactMap {
                try? JSONDecoder().decode(Label.self, from: Data($0))
            }
        )
    }()

    struct Label: Decodable {
        var externalPageId: String
        var eventKey: String
        var revision: String
        var template: String
        var phones: [String]
        var emails: [String]
    }

    struct Person: Hashable {
        var page: String
        var user: String
    }

    static let checksums: [(UInt64, UInt64)] = [
        (1, 4_110_955_445_573_872_886), (2, 10_043_068_652_146_666_551),
    ]

    @Test("the first thousand lines are these bytes", arguments: checksums)
    func knownAnswer(_ seed: UInt64, _ expected: UInt64) {
        var checksum = SampleChecksum()
        var count = 0
        Sample(size: .small, seed: seed).write(linesMax: 1_000) { lines, _ in
            checksum.add(lines)
            count += lines.count { $0 == 10 }
        }
        #expect(count == 1_000)
        #expect(checksum.value == expected)
    }

    @Test("small is 60,000 lines and 10,000 customers, to the last one")
    func counts() {
        let lines = Self.small.lines
        #expect(lines.count == 60_000)
        let people = lines.filter {
            !$0.externalUserID.isEmpty && $0.externalUserID != $0.externalPageID
        }
        #expect(
            Set(people.map { Person(page: $0.externalPageID, user: $0.externalUserID) }).count
                == 10_000
        )
        #expect(lines.count { $0.operation == .edit } == 300)
        #expect(lines.count { $0.operation == .remove } == 420)
        let originals = lines.filter { $0.operation == .unspecified }
        #expect(originals.count - Set(originals.map(\.eventKey)).count == 900)
        #expect(lines.count { $0.externalUserID == $0.externalPageID } == 72)
    }

    @Test("every page of the lines is one of the directory, and every field is in its bound")
    func fields() {
        let directory = SampleDirectory(size: .small, seed: 1)
        #expect(directory.businesses.count == 3)
        let pages = Set(directory.pages.map(\.externalPageID))
        #expect(pages.count == 8)
        for line in Self.small.lines {
            #expect(pages.contains(line.externalPageID))
            #expect(!line.eventKey.isEmpty && line.eventKey.utf8.count <= 256)
            #expect(line.kind == .comment ? !line.postID.isEmpty : line.postID.isEmpty)
        }
    }

    @Test("nothing occurs after the end of June 2026, but for clocks that run ahead")
    func times() {
        let end: Int64 = 1_782_838_800
        let ahead = Self.small.lines.filter { $0.occurredAt.seconds >= end }
        #expect(ahead.allSatisfy { $0.occurredAt.seconds > end + 50 * 365 * 86_400 })
        #expect(ahead.count == 60)
    }

    @Test("a label says what its text contains")
    func labels() throws {
        let texts = Dictionary(
            Self.small.lines.map { ("\($0.eventKey)/\($0.revision)", $0.text) },
            uniquingKeysWith: { first, _ in first }
        )
        #expect(Self.small.labels.count > 5_000)
        for label in Self.small.labels {
            let text = try #require(texts["\(label.eventKey)/\(label.revision)"])
            for email in label.emails { #expect(text.contains(email)) }
            let decoy = ["order-code", "tracking", "price", "spoilt", "prefix"].contains(
                label.template
            )
            #expect(!decoy || label.phones.isEmpty)
            #expect(label.phones.allSatisfy { $0.hasPrefix("+") && $0.count >= 11 })
        }
    }

    static let instants: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (1_709_164_799_999, "2024-02-28T23:59:59.999Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
        (SampleCalendar.end, "2026-06-30T17:00:00.000Z"),
    ]

    @Test("instants are written as RFC 3339", arguments: instants)
    func time(_ milliseconds: Int64, _ expected: String) {
        #expect(JSONLines.time(milliseconds) == expected)
    }

    @Test("text of any kind survives being written as JSON")
    func escaping() throws {
        let text = "\"\\\n\t\u{1}/é🌸\u{2028}"
        var lines = JSONLines()
        lines.begin()
        lines.write("text", text)
        lines.end()
        #expect(try Khach_V1_Interaction(jsonUTF8Bytes: lines.bytes).text == text)
    }
}
