internal import ArgumentParser
internal import KhachClient

/// `khach offline list`.
struct OfflineList: AsyncParsableCommand {
    private static let pageRowsMax = 1_000
    private static let limitDefault = 200

    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List customers, the newest first."
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var filter: OfflineFilter

    @Option(help: "How many to show (default 200).")
    var limit: Int?

    @Flag(help: "Show all of them, however many.")
    var all = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard let limit = self.limit else { return }

        guard limit > 0 else {
            throw ValidationError("a limit of 1 or more expected, \(limit) found")
        }
        guard !self.all else {
            throw ValidationError("--limit or --all expected, both found")
        }
    }

    func run() async throws {
        let client = try self.cache.openExisting()
        var shown = CachedCustomers(client, as: self.output.output)
        var rest = self.all ? Int.max : self.limit ?? Self.limitDefault
        var count = 0
        var next: String?
        repeat {
            let list = try client.customers(
                self.filter.filter,
                limit: min(rest, Self.pageRowsMax),
                after: next
            )
            try shown.show(list)
            rest -= list.customers.count
            count += list.customers.count
            next = list.next
        } while next != nil && rest > 0
        try shown.finish(
            "\(PlainText.customers(count)) \(next == nil ? "" : "(there are more: --all) ")"
        )
    }
}
