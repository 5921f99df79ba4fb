/// What became of a whole file of interactions.
struct RecordTotal: Sendable {
    /// The order of domain.md §4.3.
    private static let names = [
        "CREATED_CUSTOMER", "APPLIED", "DUPLICATE", "STALE_REVISION", "IGNORED_BLOCKED",
        "UNATTRIBUTED", "REJECTED", "OTHER",
    ]

    var linesCount = 0
    var seconds = 0.0
    /// Whether a connection was there to record over.
    var isStarted = false
    private(set) var refusedCount = 0
    private var outcomes: [String: Int] = [:]
    private var clampedCount = 0

    /// Lines whose outcome is known: recorded, or refused.
    var acknowledgedCount: Int {
        let unreadable = self.refusedCount - (self.outcomes["REJECTED"] ?? 0)
        return self.outcomes.values.reduce(unreadable, +)
    }

    /// Adds the report of one batch and says at once which lines were refused.
    mutating func add(_ report: InteractionBatch.Report, _ progress: inout ProgressLine) {
        self.outcomes.merge(report.outcomes, uniquingKeysWith: +)
        self.clampedCount += report.clampedCount
        self.refusedCount += report.refusals.count
        guard !report.refusals.isEmpty else { return }

        progress.clear()
        let lines = report.refusals.map { "line \($0.line): \(ShownText.oneLine($0.reason))\n" }
        Surroundings.current.console.writeError(lines.joined())
    }

    func show(as format: OutputFormat) throws {
        let console = Surroundings.current.console
        let unreadable = self.refusedCount - (self.outcomes["REJECTED"] ?? 0)
        let rows =
            Self.names.compactMap { name in self.outcomes[name].map { (name, $0) } }
            + [("UNREADABLE", unreadable), ("CLOCK_CLAMPED", self.clampedCount)].filter { $0.1 > 0 }
        guard format == .table else {
            let members = ([("lines", self.linesCount)] + rows).map { "\"\($0.0)\":\($0.1)" }
            let json = "{\(members.joined(separator: ","))}"
            console.write((format == .json ? JSONText.indented(json) : json) + "\n")
            return
        }

        var table = Table([.init("OUTCOME"), .init("LINES", isTrailing: true)])
        let rate = self.seconds > 0 ? Int(Double(self.linesCount) / self.seconds) : 0
        let seconds = Double(Int(self.seconds * 10)) / 10
        console.write(
            table.lines(rows.map { [$0.0, "\($0.1)"] })
                + "\(PlainText.lines(self.linesCount)) in \(seconds) s (\(rate)/s)\n"
        )
    }
}
