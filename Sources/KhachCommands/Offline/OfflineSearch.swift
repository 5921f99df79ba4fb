internal import ArgumentParser
internal import KhachClient

/// `khach offline search TEXT`.
struct OfflineSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find customers by name, marks and case aside."
    )

    @Argument(help: "Beginnings of words of the name, in any order.")
    var text: String

    @OptionGroup var cache: CacheOptions
    @OptionGroup var filter: OfflineFilter

    @Option(help: "How many to show, 1 to 1000.")
    var limit = 50

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1...1_000).contains(self.limit) else {
            throw ValidationError("a limit of 1 to 1000 expected, \(self.limit) found")
        }
    }

    func run() async throws {
        let client = try self.cache.openExisting()
        var shown = CachedCustomers(client, as: self.output.output)
        let list = try client.search(self.text, filter: self.filter.filter, limit: self.limit)
        try shown.show(list)
        let cap = list.isCapped ? "(not every name was looked at) " : ""
        try shown.finish("\(list.customers.count) customers \(cap)")
    }
}
