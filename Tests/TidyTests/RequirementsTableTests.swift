internal import Foundation
internal import Testing

/// The table of docs/requirements.md speaks of files and tests that are there.
@Suite("The table of requirements")
struct RequirementsTableTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var number: String
        var home: String
        var testFile: String
        var test: String

        var testDescription: String { self.number }
    }

    static let rows: [Row] = {
        let text = (try? Checkout.text(of: "docs/requirements.md")) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 6, cells[0].hasPrefix("S") else { return nil }

            return Row(
                number: cells[0],
                home: cells[3].filter { $0 != "`" },
                testFile: cells[4].filter { $0 != "`" },
                test: cells[5]
            )
        }
    }()

    @Test("has the sentences S1 to S25, each once and in order")
    func complete() {
        #expect(Self.rows.map(\.number) == (1...25).map { "S\($0)" })
    }

    @Test(
        "names a file that is there, and a test that is named after the sentence",
        arguments: rows
    )
    func row(_ row: Row) throws {
        #expect(FileManager.default.fileExists(atPath: Checkout.path(row.home)), "\(row.home)")
        let tests = try Checkout.text(of: row.testFile)
        let attribute = tests.ranges(of: "\"\(row.test)\"").first.map { name in
            tests[..<name.lowerBound].split(whereSeparator: \.isWhitespace).last
        }
        #expect(attribute == "@Test(", "\(row.test) in \(row.testFile)")
        let numbers = row.test.split { !$0.isLetter && !$0.isNumber }
        #expect(numbers.contains { $0 == row.number }, "\(row.number) in \"\(row.test)\"")
    }
}
