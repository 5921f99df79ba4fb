internal import KhachChannels

/// What became of a whole file.
struct RecordTotal: Sendable {
    /// The order of domain.md §4.3, and then what only an import has.
    private static let names = [
        "CREATED_CUSTOMER", "APPLIED", "DUPLICATE", "STALE_REVISION", "IGNORED_BLOCKED",
        "UNATTRIBUTED", "REJECTED", "OTHER", "PROFILE_APPLIED", "PROFILE_UNKNOWN_CUSTOMER",
        "PROFILE_REJECTED", "PROFILE_OTHER",
    ]

    /// What the lines hold: an interaction each, or webhook bodies.
    enum Kind: Sendable {
        case interactions
        case webhooks
    }

    let kind: Kind
    /// Lines whose outcome is known: recorded, ignored, or refused.
    private(set) var linesCount = 0
    var seconds = 0.0
    /// Whether a connection was there to record over.
    var isStarted = false
    private var interactionsCount = 0
    private var profilesCount = 0
    private var refusedCount = 0
    private var rejectedCount = 0
    private var outcomes: [String: Int] = [:]
    private var ignored: [WebhookReason: Int] = [:]
    private var clampedCount = 0

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// Adds the report of one batch and says at once what was refused.
    mutating func add(_ report: InteractionBatch.Report) {
        self.linesCount += report.linesCount
        self.interactionsCount += report.interactionsCount
        self.profilesCount += report.profiles.count
        self.outcomes.merge(report.outcomes, uniquingKeysWith: +)
        self.outcomes.merge(report.profileOutcomes, uniquingKeysWith: +)
        self.ignored.merge(report.ignored, uniquingKeysWith: +)
        self.clampedCount += report.clampedCount
        self.refusedCount += report.refusals.count
        self.rejectedCount += report.rejectedCount
        guard !report.refusals.isEmpty else { return }

        let lines = report.refusals.map { $0.text + "\n" }
        Surroundings.current.console.writeError(lines.joined())
    }

    /// Fails when anything was refused.
    func checkRefusals() throws(CommandFailure) {
        guard self.refusedCount > 0 else { return }

        switch self.kind {
        case .interactions:
            throw CommandFailure(
                .partial,
                "every line recorded expected, \(PlainText.lines(self.refusedCount)) refused"
            )
        case .webhooks:
            throw CommandFailure(
                .partial,
                "every event read and recorded expected, \(self.refusedCount) refused"
            )
        }
    }

    func show(
        as format: OutputFormat,
        write: (String) -> Void = Surroundings.current.console.write
    ) throws {
        guard format == .table else {
            let members = (self.heads + self.rows).map { "\"\($0.0)\":\($0.1)" }
            let json = "{\(members.joined(separator: ","))}"
            write((format == .json ? JSONText.indented(json) : json) + "\n")
            return
        }

        let unit = self.kind == .interactions ? "LINES" : "EVENTS"
        var table = Table([.init("OUTCOME"), .init(unit, isTrailing: true)])
        let rate = self.seconds > 0 ? Int(Double(self.linesCount) / self.seconds) : 0
        let seconds = Double(Int(self.seconds * 10)) / 10
        let holds =
            self.kind == .interactions
            ? ""
            : ": \(PlainText.count(self.interactionsCount, "interaction", "interactions")), "
                + "\(PlainText.count(self.profilesCount, "profile", "profiles"));"
        write(
            table.lines(self.rows.map { [$0.0, "\($0.1)"] })
                + "\(PlainText.lines(self.linesCount))\(holds) in \(seconds) s (\(rate)/s)\n"
        )
    }

    /// What was read.
    private var heads: [(String, Int)] {
        let lines = [("lines", self.linesCount)]
        guard self.kind == .webhooks else { return lines }

        return lines
            + [("interactions", self.interactionsCount), ("profiles", self.profilesCount)]
    }

    /// What became of it.
    private var rows: [(String, Int)] {
        let unreadable = self.refusedCount - self.rejectedCount
        return Self.names.compactMap { name in self.outcomes[name].map { (name, $0) } }
            + WebhookReason.allCases.compactMap { reason in
                self.ignored[reason].map { ("IGNORED_\(reason.rawValue.uppercased())", $0) }
            }
            + [("UNREADABLE", unreadable), ("CLOCK_CLAMPED", self.clampedCount)].filter { $0.1 > 0 }
    }
}
