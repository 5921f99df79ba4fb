internal import ArgumentParser
internal import KhachClient

/// `khach offline explain ID`.
struct OfflineExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a customer is, or is not, in the answers of a cache.",
        discussion: """
            From the cache alone and, when it answers, from the server. Nothing is changed.
            """
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @Flag(help: "Do not ask the server.")
    var local = false

    @OptionGroup var cache: CacheOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting(self.local ? nil : self.connection)
        let found = try client.explain(id: self.id)
        let console = Surroundings.current.console
        guard self.output.output == .table else {
            return console.write(self.output.output.text(self.json(found)) + "\n")
        }

        console.write(
            Listing.facts([
                ("customer", self.id), ("in the cache", Self.presence(found)),
                ("page", found.pageID + (found.isPageUnknown ? ", which the cache has not" : "")),
                ("damaged", found.isDamaged ? "yes: khach offline repair" : ""),
                ("put aside", Self.quarantine(found)),
                ("pending here", found.pendingCount == 0 ? "" : "\(found.pendingCount)"),
                ("the server", Self.server(found)),
            ])
        )
    }

    private static func presence(_ found: CacheExplanation) -> String {
        switch found.presence {
        case .absent: "no; the cache has everything as of seq \(found.cacheSeq)"
        case .notYet: "not yet: the first pass has not ended"
        case .present: "yes, as commit \(found.seq) left it"
        case .older: "an older state, of commit \(found.seq)"
        case .putAside: "no: what came of it cannot be read"
        case .outOfScope: "no: it left with the right to see its page"
        }
    }

    private static func quarantine(_ found: CacheExplanation) -> String {
        guard found.quarantinedSeq > 0 else { return "" }

        return "commit \(found.quarantinedSeq), by version \(found.quarantineLibrary): "
            + found.quarantineReason
    }

    private static func server(_ found: CacheExplanation) -> String {
        switch found.serverWord {
        case .notAsked: ""
        case .silent: "gave no answer"
        case .same: "has the same"
        case .other: "has another state, of commit \(found.serverSeq): khach sync --once"
        case .none: "has no such customer"
        }
    }

    private func json(_ found: CacheExplanation) -> String {
        var lines = JSONLines()
        lines.begin()
        lines.write("customerId", self.id)
        lines.write("presence", "\(found.presence)")
        lines.write("seq", "\(found.seq)")
        lines.write("pageId", found.pageID)
        lines.write("isPageUnknown", number: "\(found.isPageUnknown)")
        lines.write("isDamaged", number: "\(found.isDamaged)")
        lines.write("quarantinedSeq", "\(found.quarantinedSeq)")
        lines.write("quarantineReason", found.quarantineReason)
        lines.write("quarantineLibrary", found.quarantineLibrary)
        lines.write("pendingCount", "\(found.pendingCount)")
        lines.write("phase", "\(found.phase)")
        lines.write("cacheSeq", "\(found.cacheSeq)")
        lines.write("server", "\(found.serverWord)")
        lines.write("serverSeq", "\(found.serverSeq)")
        lines.end()
        return String(decoding: lines.bytes.dropLast(), as: UTF8.self)
    }
}
