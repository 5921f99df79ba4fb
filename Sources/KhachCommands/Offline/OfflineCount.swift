internal import ArgumentParser
internal import KhachClient

/// `khach offline count`.
struct OfflineCount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count customers."
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var conditions: ConditionOptions
    @Option(help: "Only customers whose name answers this text.")
    var name: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let shown = CachedCustomers(client, as: self.output.output)
        let count = try client.count(self.conditions.offlineFilter(name: self.name))
        if self.output.output == .table {
            try shown.showStamp("\(PlainText.customers(count)) ", hasTimes: false)
        } else {
            try shown.showCount(count)
        }
    }
}
