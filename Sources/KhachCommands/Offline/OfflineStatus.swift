internal import ArgumentParser
internal import KhachClient

/// `khach offline status`.
struct OfflineStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say what a cache holds, and of when."
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let state = try client.state()
        let businessID = (try? client.business())?.id ?? ""
        let position = (try? client.position()) ?? ""
        let console = Surroundings.current.console
        guard self.output.output == .table else {
            var lines = JSONLines()
            lines.begin()
            lines.write("businessId", businessID)
            lines.write("phase", "\(state.phase)")
            lines.write("seq", "\(state.seq)")
            lines.write("headSeq", "\(state.headSeq)")
            lines.write("position", position)
            lines.write("asOf", state.asOfMilliseconds.map(JSONLines.time) ?? "")
            lines.write("customersCount", "\(state.customersCount)")
            lines.write("schemaVersion", number: "\(state.schemaVersion)")
            lines.write("isSearchIndexed", number: "\(state.isSearchIndexed)")
            lines.write("verifiedAt", state.verifiedAtMilliseconds.map(JSONLines.time) ?? "")
            lines.write("verifiedSeq", "\(state.verifiedSeq)")
            lines.write("isRepairing", number: "\(state.isRepairing)")
            lines.write("isUnverified", number: "\(state.isUnverified)")
            lines.write("repairsCount", "\(state.repairsCount)")
            lines.write("repairedRowsCount", "\(state.repairedRowsCount)")
            lines.write("lastCause", "\(state.lastCause)")
            lines.write("fullResyncsCount", "\(state.fullResyncsCount)")
            lines.write("waitingCount", "\(state.waitingCount)")
            lines.write("failedCount", "\(state.failedCount)")
            lines.write("quarantinedCount", "\(state.quarantinedCount)")
            lines.write("lastFailure", state.lastFailure.map { "\($0)" } ?? "")
            lines.end()
            let json = String(decoding: lines.bytes.dropLast(), as: UTF8.self)
            let isOneLine = self.output.output == .jsonl
            return console.write((isOneLine ? json : JSONText.indented(json)) + "\n")
        }

        console.write(
            Listing.facts([
                ("business", businessID), ("phase", "\(state.phase)"),
                ("customers", "\(state.customersCount)"),
                ("names indexed", state.isSearchIndexed ? "yes" : "no"),
                ("behind", "\(state.headSeq - min(state.seq, state.headSeq)) when last heard"),
                ("position", position),
                ("verified", Self.verified(state)),
                ("repairs", Self.repairs(state)),
                ("outbox", "\(state.waitingCount) to send, \(state.failedCount) not done"),
                ("put aside", Self.putAside(state)),
                ("last failure", state.lastFailure.map { "\($0)" } ?? ""),
            ]) + CachedCustomers.stamp(state, now: Surroundings.current.now()) + "\n"
        )
    }

    private static func verified(_ state: CacheState) -> String {
        guard !state.isRepairing else { return "no: a repair is under way" }
        guard !state.isUnverified else { return "no: the server's digests do not add up" }
        guard let at = state.verifiedAtMilliseconds else { return "never" }

        return "\(JSONLines.time(at)) at \(state.verifiedSeq)"
    }

    /// Empty, and so not shown, when there is nothing.
    private static func putAside(_ state: CacheState) -> String {
        guard state.quarantinedCount > 0 else { return "" }

        return "\(state.quarantinedCount) that this version cannot read"
    }

    private static func repairs(_ state: CacheState) -> String {
        guard state.repairsCount > 0 else { return "none" }

        return "\(state.repairsCount), \(PlainText.customers(state.repairedRowsCount)); the last: "
            + state.lastCause.words
    }
}
