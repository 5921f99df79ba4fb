internal import ArgumentParser

/// `khach offline list`.
struct OfflineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List customers, the newest first."
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var conditions: ConditionOptions

    @Option(help: "Which come first.")
    var order = OrderName.newest

    @OptionGroup var limit: LimitOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let listing = CachedListing(
            filter: self.conditions.offlineFilter(),
            order: self.order.offline,
            rows: self.limit.rowsMax,
            format: self.output.output
        )
        try listing.show(try self.cache.openExisting())
    }
}
