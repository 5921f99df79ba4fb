internal import ArgumentParser
internal import KhachClient

/// `khach offline search TEXT`.
struct OfflineSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find customers by name, marks and case aside, the best answers first."
    )

    @Argument(help: "Beginnings of words of the name, in any order.")
    var text: String

    @OptionGroup var cache: CacheOptions
    @OptionGroup var conditions: ConditionOptions

    @Option(help: "Which come first, in place of the best answers.")
    var order: OrderName?

    @OptionGroup var limit: LimitOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let listing = CachedListing(
            filter: self.conditions.offlineFilter(name: self.text),
            order: self.order?.offline ?? .relevance,
            rows: self.limit.rowsMax,
            format: self.output.output
        )
        try listing.show(try self.cache.openExisting())
    }
}
