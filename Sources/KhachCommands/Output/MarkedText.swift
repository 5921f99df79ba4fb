/// A text with some of its bytes pointed at, as one line that fits a terminal.
///
/// Bytes that are not there, or that are in the middle of a character, are taken for the nearest
/// whole characters around them.
struct MarkedText: Sendable {
    private static let ellipsis = "…"

    private let before: String
    private let marked: String
    private let after: String

    init(_ text: String, bytes: Range<Int>) {
        let count = text.utf8.count
        let start = Self.boundary(text, min(bytes.lowerBound, count), isUp: false)
        let end = Self.boundary(text, min(bytes.upperBound, count), isUp: true)
        self.before = ShownText.oneLine(String(text[..<start]))
        self.marked = ShownText.oneLine(String(text[start..<max(start, end)]))
        self.after = ShownText.oneLine(String(text[max(start, end)...]))
    }

    /// The text and, beneath, a `^` under each column of what is marked.
    func lines(columns: Int) -> [String] {
        let cut = self.cut(columns: columns)
        let space = String(repeating: " ", count: ShownText.width(cut.before))
        let carets = String(repeating: "^", count: ShownText.width(self.marked))
        return [cut.before + self.marked + cut.after, space + carets]
    }

    /// The text in one line, with brackets about what is marked.
    func bracketed(columns: Int) -> String {
        let cut = self.cut(columns: columns - 2)
        return "\(cut.before)[\(self.marked)]\(cut.after)"
    }

    /// As much of both sides as there is room for; what is marked is never cut.
    private func cut(columns: Int) -> (before: String, after: String) {
        let room = max(0, columns - ShownText.width(self.marked))
        let before = ShownText.width(self.before)
        let after = ShownText.width(self.after)
        // A side that needs less than half leaves the rest to the other.
        let beforeMax = after < room / 2 ? room - after : max(room / 2, room - after)
        let kept = Self.end(of: self.before, columns: min(before, beforeMax))
        let rest = room - ShownText.width(kept)
        return (kept, ShownText.cut(self.after, columns: rest))
    }

    /// The end of a text, with an ellipsis where it was cut.
    private static func end(of text: String, columns: Int) -> String {
        guard ShownText.width(text) > columns else { return text }

        var kept: [Character] = []
        var width = 0
        for character in text.reversed() {
            let next = width + ShownText.width(String(character))
            guard next < columns else { break }

            kept.append(character)
            width = next
        }
        return columns > 0 ? self.ellipsis + String(kept.reversed()) : ""
    }

    private static func boundary(_ text: String, _ offset: Int, isUp: Bool) -> String.Index {
        let utf8 = text.utf8
        var index = utf8.index(utf8.startIndex, offsetBy: max(0, offset))
        while index.samePosition(in: text.unicodeScalars) == nil {
            index = isUp ? utf8.index(after: index) : utf8.index(before: index)
        }
        return index
    }
}
