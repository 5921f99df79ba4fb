internal import Foundation
internal import Testing

/// The tables of docs/threat-model.md speak of tests that are there, or say that there is none.
@Suite("The threat model")
struct ThreatModelTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var number: String
        var testFile: String
        var test: String

        var testDescription: String { self.number }
        /// Without a proof, and said to be so.
        var isOpen: Bool { ["not done", "by policy"].contains(self.test) }
    }

    static let rows: [Row] = {
        let text = (try? Checkout.text(of: "docs/threat-model.md")) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 6, cells[0].first == "T", cells[0].contains(".") else {
                return nil
            }

            return Row(number: cells[0], testFile: cells[4].filter { $0 != "`" }, test: cells[5])
        }
    }()

    @Test("each row has a number of its own, and each of the eight tables has rows")
    func numbers() {
        let numbers = Self.rows.map(\.number)
        #expect(Set(numbers).count == numbers.count)
        for table in 1...8 { #expect(numbers.contains { $0.hasPrefix("T\(table).") }, "\(table)") }
    }

    @Test("names a test that is there, or says that there is none", arguments: rows)
    func row(_ row: Row) throws {
        guard !row.isOpen else {
            #expect(row.testFile == "—")
            return
        }

        let tests = try Checkout.text(of: row.testFile)
        guard row.testFile.hasSuffix(".swift") else {
            #expect(tests.contains(row.test), "\(row.test) in \(row.testFile)")
            return
        }

        let attribute = tests.ranges(of: "\"\(row.test)\"").first.map { name in
            tests[..<name.lowerBound].split(whereSeparator: \.isWhitespace).last
        }
        #expect(attribute == "@Test(", "\(row.test) in \(row.testFile)")
    }
}
