/// One line that says how far a long piece of work is, how fast it goes and when it ends.
///
/// Knows numbers and nothing else; never shows more than 100 %, whatever an estimate said.
struct ProgressBar: Sendable {
    var label: String
    /// What `done` counts, such as `lines`.
    var unit: String
    /// Columns of the bar itself, where there is room.
    var barColumns = 24

    /// Before this a rate says nothing.
    private static let rateSecondsMin = 0.5
    /// A shorter bar is left out.
    private static let barColumnsMin = 4

    /// - Parameters:
    ///   - done: how much is done, in the unit.
    ///   - share: how much of the whole that is, 0 to 1; `nil` when the whole is not known.
    ///   - seconds: since the work began.
    ///   - columns: the line is not wider.
    func line(done: UInt64, share: Double?, seconds: Double, columns: Int = .max) -> String {
        let isRated = seconds >= Self.rateSecondsMin
        let rate = isRated ? ", \(Self.short(Double(done) / seconds))/s" : ""
        let speed = "\(done) \(self.unit)\(rate)"
        guard let share, share.isFinite else {
            return ShownText.cut("\(self.label) \(speed)", columns: columns)
        }

        let known = min(max(share, 0), 1)
        // Rounded down: 100 % means the end.
        let percent = Int(known * 100)
        let rest =
            isRated && known > 0 && known < 1
            ? ", \(Self.duration(seconds / known * (1 - known))) left" : ""
        let space = String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
        let text = "\(space)\(percent) % \(speed)\(rest)"
        // The label, the brackets and the spaces about them.
        let taken = ShownText.width(self.label) + ShownText.width(text) + 4
        let bar = self.bar(known, columns: min(self.barColumns, columns - taken))
        return ShownText.cut("\(self.label)\(bar) \(text)", columns: columns)
    }

    private func bar(_ share: Double, columns: Int) -> String {
        guard columns >= Self.barColumnsMin else { return "" }

        let filled = Int(share * Double(columns))
        return " [" + String(repeating: "█", count: filled)
            + String(repeating: "·", count: columns - filled) + "]"
    }

    /// `950`, `12.3k`, `4.5M`.
    private static func short(_ value: Double) -> String {
        switch value {
        case ..<1_000: "\(Int(value))"
        case ..<1_000_000: "\(Double(Int(value / 100)) / 10)k"
        default: "\(Double(Int(value / 100_000)) / 10)M"
        }
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 359_999).rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole / 60 % 60) min"
    }
}

/// The place of a progress bar on the console: redrawn seldom, gone when the work is done.
struct ProgressLine {
    private static let redrawSeconds = 0.1

    private let bar: ProgressBar
    private let surroundings = Surroundings.current
    private let startedAt: Double
    private var drawnAt = 0.0
    private var isDrawn = false

    init(_ bar: ProgressBar) {
        self.bar = bar
        self.startedAt = self.surroundings.now()
    }

    var seconds: Double { self.surroundings.now() - self.startedAt }

    mutating func show(done: UInt64, share: Double?) {
        let now = self.surroundings.now()
        guard self.surroundings.console.showsProgress, now - self.drawnAt >= Self.redrawSeconds
        else { return }

        self.drawnAt = now
        self.isDrawn = true
        // A terminal that is written to its last column may begin another line.
        let line = self.bar.line(
            done: done,
            share: share,
            seconds: self.seconds,
            columns: self.surroundings.console.width() - 1
        )
        self.surroundings.console.writeError("\r\(line)\u{1B}[K")
    }

    /// Takes the bar off the console, so that another line can be written.
    mutating func clear() {
        guard self.isDrawn else { return }

        self.isDrawn = false
        self.surroundings.console.writeError("\r\u{1B}[K")
    }
}
