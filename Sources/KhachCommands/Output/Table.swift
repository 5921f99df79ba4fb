/// Rows of text under headings, in columns that stand straight.
///
/// The first rows decide the widths; later ones are fitted to them, so that a long list can be
/// shown while it arrives.
struct Table: Sendable {
    struct Column: Sendable {
        var heading: String
        var columnsMax: Int
        /// Numbers stand at the right.
        var isTrailing = false

        init(_ heading: String, max columnsMax: Int = 40, isTrailing: Bool = false) {
            self.heading = heading
            self.columnsMax = columnsMax
            self.isTrailing = isTrailing
        }
    }

    private let columns: [Column]
    private var widths: [Int]?

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The lines of the rows; the headings come before the first.
    mutating func lines(_ rows: [[String]]) -> String {
        let rows = rows.map { $0.map(ShownText.oneLine) }
        guard let widths else {
            self.widths = self.columns.enumerated().map { index, column in
                let widest = rows.map { ShownText.width($0[index]) }.max() ?? 0
                return min(max(widest, ShownText.width(column.heading)), column.columnsMax)
            }
            return self.line(self.columns.map(\.heading)) + self.lines(rows)
        }

        precondition(rows.allSatisfy { $0.count == widths.count }, "a cell for each column")
        return rows.map { self.line($0) }.joined()
    }

    private func line(_ cells: [String]) -> String {
        let fitted = zip(zip(cells, self.columns), self.widths ?? []).map { cell, width in
            ShownText.fitted(cell.0, columns: width, isTrailing: cell.1.isTrailing)
        }
        var line = fitted.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
