/// A national numbering plan that was read from its table: which numbers it can call.
///
/// Knows Vietnam's calling code; numbers of other countries are not its business.
package struct NumberingPlan: Sendable {
    enum Line: UInt8, Sendable {
        case none
        case mobile
        case landline
        /// An 11-digit mobile of before 2018, already converted.
        case migrated
    }

    static let callingCode = 84
    static let mobileDigits = 9
    static let landlineDigits = 10

    /// The plan of the table's first line, such as "vn-2025-1".
    package private(set) var version = ""
    /// By the first three digits of the national number.
    private var lines = [Line](repeating: .none, count: 1_000)
    /// By the first three digits of an old national number: the two that replace them.
    private var migrations: [Int: Int] = [:]
    private var areas: [Int: Int] = [:]

    /// Vietnam's, of this build.
    package static let vietnam = NumberingPlan(table: VietnamPlan.text)

    /// Reads a table, whose form `VietnamPlan` describes.
    ///
    /// A table is ours: a bad line traps.
    init(table: String) {
        for row in table.split(separator: "\n") {
            let words = row.split(separator: " ")
            guard let kind = words.first, !kind.hasPrefix("#") else { continue }

            switch kind {
            case "version": self.version = words.dropFirst().joined(separator: " ")
            case "mobile": words.dropFirst().forEach { self.add($0, .mobile) }
            case "landline": words.dropFirst().forEach { self.add($0, .landline) }
            case "migrated": self.migrations[Self.number(words, 1)] = Self.number(words, 2)
            case "area": self.areas[Self.number(words, 1)] = Self.number(words, 2)
            default: preconditionFailure("a line of the numbering plan has an unknown kind")
            }
        }
    }

    /// What a national significant number is, and the number that is called today.
    func read(_ national: PhoneDigits) -> (line: Line, digits: PhoneDigits) {
        guard let prefix = national.prefix(3) else { return (.none, national) }

        switch (national.count, self.lines[prefix]) {
        case (Self.mobileDigits, .mobile): return (.mobile, national)
        case (Self.landlineDigits, .landline): return (.landline, national)
        case (Self.landlineDigits, _):
            guard let replacement = self.migrations[prefix] else { return (.none, national) }

            return (.migrated, national.dropFirst(3).following(replacement, digits: 2))
        default: return (.none, national)
        }
    }

    /// Whether there are national numbers, new or old, with these first three digits.
    func hasNumbers(from prefix: Int) -> Bool {
        self.lines.indices.contains(prefix)
            && (self.lines[prefix] != .none || self.migrations[prefix] != nil)
    }

    /// The area code that replaced one of before 2017.
    func area(replacing old: Int) -> Int? { self.areas[old] }

    private mutating func add(_ range: Substring, _ line: Line) {
        let ends = range.split(separator: "-")
        guard let first = ends.first, let last = ends.last, let low = Int(first),
            let high = Int(last), low <= high, (2...3).contains(first.utf8.count)
        else {
            preconditionFailure("a range of the numbering plan is two or three digits")
        }

        let tens = first.utf8.count == 2 ? 10 : 1
        for prefix in (low * tens)..<((high + 1) * tens) { self.lines[prefix] = line }
    }

    private static func number(_ words: [Substring], _ index: Int) -> Int {
        guard words.indices.contains(index), let number = Int(words[index]) else {
            preconditionFailure("a line of the numbering plan lacks a number")
        }
        return number
    }
}
