internal import ArgumentParser
internal import KhachClient

/// `khach offline get ID`.
struct OfflineGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one customer."
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let shown = CachedCustomers(client, as: self.output.output)
        try shown.showOne(try client.customer(id: self.id))
    }
}
