internal import ArgumentParser
internal import KhachClient

/// `khach offline diff`.
struct OfflineDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what has changed since a cache was last offline.",
        discussion: """
            A cache is offline when it was without its server for more than ten minutes. What \
            changed and changed back is not counted.
            """
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let found = try client.difference()
        let state = try client.state()
        let console = Surroundings.current.console
        guard self.output.output == .table else {
            return console.write(self.output.output.text(Self.json(found)) + "\n")
        }

        let now = Surroundings.current.now()
        console.write(
            Self.sentence(found) + "\n" + CachedCustomers.stamp(state, now: now) + "\n"
        )
    }

    /// What is none is not said.
    private static func sentence(_ found: CacheDifference) -> String {
        guard let since = found.sinceMilliseconds else { return "never synced" }

        let parts: [(UInt64, String)] = [
            (found.newCount, "new"), (found.goneCount - found.outOfScopeCount, "gone"),
            (found.outOfScopeCount, "of pages that may be seen no longer"),
            (found.blockedCount, "blocked"),
            (found.unblockedCount, "unblocked"), (found.gotPhoneCount, "got a phone"),
            (found.gotEmailCount, "got an e-mail address"),
        ]
        let said = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let what = said.isEmpty ? "nothing new" : said.joined(separator: ", ")
        return "since \(JSONLines.time(since)), when it was last online: \(what)"
            + "; \(PlainText.customers(found.changedCount)) changed"
    }

    private static func json(_ found: CacheDifference) -> String {
        var lines = JSONLines()
        lines.begin()
        lines.write("sinceSeq", "\(found.sinceSeq)")
        lines.write("since", found.sinceMilliseconds.map(JSONLines.time) ?? "")
        lines.write("newCount", "\(found.newCount)")
        lines.write("goneCount", "\(found.goneCount)")
        lines.write("outOfScopeCount", "\(found.outOfScopeCount)")
        lines.write("blockedCount", "\(found.blockedCount)")
        lines.write("unblockedCount", "\(found.unblockedCount)")
        lines.write("gotPhoneCount", "\(found.gotPhoneCount)")
        lines.write("gotEmailCount", "\(found.gotEmailCount)")
        lines.write("changedCount", "\(found.changedCount)")
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}
