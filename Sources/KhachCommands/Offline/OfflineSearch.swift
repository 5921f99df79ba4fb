internal import ArgumentParser
internal import KhachClient

/// `khach offline search TEXT`.
struct OfflineSearch: AsyncParsableCommand {
    /// What the cache gives at most.
    private static let limitMax = 1_000

    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find customers by name, marks and case aside."
    )

    @Argument(help: "Beginnings of words of the name, in any order.")
    var text: String

    @OptionGroup var cache: CacheOptions
    @OptionGroup var filter: OfflineFilter

    @Option(help: "How many to show, 1 to 999.")
    var limit = 50

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (1..<Self.limitMax).contains(self.limit) else {
            throw ValidationError(
                "a limit of 1 to \(Self.limitMax - 1) expected, \(self.limit) found"
            )
        }
    }

    func run() async throws {
        let client = try self.cache.openExisting()
        var shown = CachedCustomers(client, as: self.output.output)
        // One more than is shown tells whether there are more.
        let list = try client.search(
            self.text,
            filter: self.filter.filter,
            limit: min(self.limit + 1, Self.limitMax)
        )
        let isCut = list.customers.count > self.limit
        try shown.show(list, customersMax: self.limit, isCut: isCut)
        let count = min(list.customers.count, self.limit)
        let notes =
            (isCut ? ["(there are more: --limit) "] : [])
            + (list.isCapped ? ["(not every name was looked at) "] : [])
        try shown.finish("\(PlainText.customers(count)) \(notes.joined())")
    }
}
