/// What a sync brought, how fast, and what the cache holds since.
struct SyncSummary: Sendable {
    /// Customers that were new or changed.
    var changedCount: UInt64 = 0
    /// Customers that were erased or linked.
    var goneCount: UInt64 = 0
    var bytesCount: UInt64 = 0
    /// Edits of the outbox that were answered, and those that were not done so far.
    var pushedCount: UInt64 = 0
    var failedCount: UInt64 = 0
    var seconds = 0.0
    /// Customers in the cache afterwards.
    var customersCount: UInt64 = 0
    /// The last commit sequence that the cache covers.
    var seq: UInt64 = 0
    /// RFC 3339; empty while the first sync has not ended.
    var asOf = ""

    var rowsCount: UInt64 { self.changedCount + self.goneCount }

    private var rowsPerSecond: UInt64 {
        self.seconds > 0 ? UInt64(Double(self.rowsCount) / self.seconds) : 0
    }

    /// One line for people; the stamp says of when the cache is.
    func text(stamp: String) -> String {
        let hundredths = Int(self.seconds * 100)
        let fraction = hundredths % 100
        let seconds = "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
        let rate = self.rowsCount > 0 && self.rowsPerSecond > 0 ? " (\(self.rowsPerSecond)/s)" : ""
        return """
            \(PlainText.customers(self.rowsCount)) synced in \(seconds) s\(rate): \
            \(self.changedCount) changed, \(self.goneCount) gone, \(self.bytesCount) bytes; \
            \(PlainText.customers(self.customersCount)) \(stamp)\(self.outbox)

            """
    }

    /// What became of edits; nothing when there were none.
    private var outbox: String {
        let pushed =
            self.pushedCount == 0
            ? "" : "; \(PlainText.count(self.pushedCount, "edit", "edits")) sent"
        let failed =
            self.failedCount == 0 ? "" : "; \(self.failedCount) not done (khach offline outbox)"
        return pushed + failed
    }

    /// One object for programs.
    var json: String {
        var lines = JSONLines()
        lines.begin()
        lines.write("changed", "\(self.changedCount)")
        lines.write("gone", "\(self.goneCount)")
        lines.write("bytes", "\(self.bytesCount)")
        lines.write("pushed", "\(self.pushedCount)")
        lines.write("notDone", "\(self.failedCount)")
        lines.write("seconds", number: "\(Double(Int(self.seconds * 1_000)) / 1_000)")
        lines.write("rowsPerSecond", number: "\(self.rowsPerSecond)")
        lines.write("customersCount", "\(self.customersCount)")
        lines.write("seq", "\(self.seq)")
        lines.write("asOf", self.asOf)
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}
