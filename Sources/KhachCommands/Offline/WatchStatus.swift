internal import KhachClient

/// How a live cache stands, in one line: for a terminal, for a log, for a program.
struct WatchStatus: Hashable, Sendable {
    enum State: String, Sendable {
        case connecting
        case behind
        case live
        case waiting
    }

    var state: State
    /// The last commit sequence that the cache covers, and the server's own as last heard.
    var seq: UInt64 = 0
    var headSeq: UInt64 = 0
    /// RFC 3339; empty when there never was one.
    var asOf = ""
    var verifiedAt = ""
    var customersCount: UInt64 = 0
    /// Edits that wait for the server, and edits that were not done so far.
    var pendingCount: UInt64 = 0
    var notDoneCount: UInt64 = 0
    /// Waiting: how long, and why; else why the server does not take the edits.
    var waitMilliseconds: UInt64 = 0
    var cause = ""

    /// One line for people.
    var text: String {
        ([self.headline] + self.facts).joined(separator: "  ")
    }

    /// One object for programs.
    var json: String {
        var lines = JSONLines()
        lines.begin()
        lines.write("state", self.state.rawValue)
        lines.write("seq", "\(self.seq)")
        lines.write("headSeq", "\(self.headSeq)")
        lines.write("behind", "\(self.behind)")
        lines.write("asOf", self.asOf)
        lines.write("verifiedAt", self.verifiedAt)
        lines.write("customersCount", "\(self.customersCount)")
        lines.write("pending", "\(self.pendingCount)")
        lines.write("notDone", "\(self.notDoneCount)")
        if self.state == .waiting {
            lines.write("waitMilliseconds", number: "\(self.waitMilliseconds)")
        }
        lines.write("cause", self.cause)
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }

    /// Whether a log says this after `earlier`: a change of how it stands, or something new in the
    /// cache or its outbox; not each turn that it took to come there.
    func isNews(after earlier: Self?) -> Bool {
        guard let earlier else { return true }
        guard self.pendingCount == earlier.pendingCount,
            self.notDoneCount == earlier.notDoneCount
        else { return true }

        switch self.state {
        case .live: return earlier.state != .live || earlier.seq != self.seq
        case .behind: return false
        case .connecting, .waiting: return earlier.state != self.state
        }
    }

    private var behind: UInt64 { self.headSeq - min(self.seq, self.headSeq) }

    private var headline: String {
        switch self.state {
        case .waiting: "waiting \(self.waitMilliseconds) ms: \(self.cause)"
        case .connecting, .behind, .live: self.state.rawValue
        }
    }

    /// What is known of the cache, in the order of the line.
    private var facts: [String] {
        [
            self.asOf.isEmpty ? "never synced" : "as of \(self.asOf)",
            "seq \(self.seq)",
            "\(self.behind) behind",
            self.verifiedAt.isEmpty ? "never verified" : "verified \(self.verifiedAt)",
            PlainText.customers(self.customersCount),
        ] + self.outbox
    }

    /// What is to be said of edits; nothing when there is none.
    private var outbox: [String] {
        [
            self.pendingCount == 0 ? "" : "pending \(self.pendingCount)",
            self.notDoneCount == 0 ? "" : "\(self.notDoneCount) not done",
            self.state == .waiting ? "" : self.cause,
        ]
        .filter { !$0.isEmpty }
    }
}

extension WatchStatus {
    init(_ report: WatchReport) {
        switch report.state {
        case .connecting: self.state = .connecting
        case .behind: self.state = .behind
        case .live: self.state = .live
        case .waiting: self.state = .waiting
        }
        self.seq = report.seq
        self.headSeq = report.headSeq
        self.asOf = report.asOfMilliseconds.map(JSONLines.time) ?? ""
        self.verifiedAt = report.verifiedAtMilliseconds.map(JSONLines.time) ?? ""
        self.customersCount = report.customersCount
        self.pendingCount = report.waitingCount
        self.notDoneCount = report.failedCount
        self.waitMilliseconds = UInt64(report.wait / .milliseconds(1))
        self.cause = ShownText.oneLine(
            report.failure.map { "\($0): \(report.message)" } ?? report.message
        )
    }
}
