/// Bars in a terminal: a line each, to an eighth of a column.
///
/// Knows names and numbers and nothing else.
struct BarChart: Sendable {
    struct Bar: Hashable, Sendable {
        var name: String
        var value: UInt64
    }

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// A chart is not narrower, whatever the terminal says.
    private static let columnsMin = 8

    var bars: [Bar]
    var hasColors = false

    /// The lines of the chart, none wider than `columns`.
    func text(columns: Int) -> String {
        let names = self.bars.map { ShownText.width($0.name) }.max() ?? 0
        let values = self.bars.map { "\($0.value)".count }.max() ?? 0
        let most = self.bars.map(\.value).max() ?? 0
        // The name, the number, and a space before and behind the bar.
        let room = max(columns - names - values - 2, Self.columnsMin)
        return self.bars.map { bar in
            let drawn = self.painted(Self.drawn(bar.value, of: most, columns: room))
            let name = ShownText.fitted(bar.name, columns: names)
            let space = drawn.isEmpty ? "" : " "
            return "\(name) \(drawn)\(space)\(bar.value)\n"
        }.joined()
    }

    /// As many columns as its share of the most; what is not nothing is seen.
    private static func drawn(_ value: UInt64, of most: UInt64, columns: Int) -> String {
        guard value > 0 else { return "" }

        let share = Double(value) / Double(most)
        let count = max(1, Int((share * Double(columns) * 8).rounded()))
        return String(repeating: "█", count: count / 8) + Self.eighths[count % 8]
    }

    private func painted(_ bar: String) -> String {
        self.hasColors && !bar.isEmpty ? "\u{1B}[36m\(bar)\u{1B}[0m" : bar
    }
}
