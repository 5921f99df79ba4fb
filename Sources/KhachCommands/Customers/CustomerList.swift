internal import ArgumentParser
internal import KhachRPC

/// `khach customers list --business ID`.
struct CustomerList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List customers, the newest first."
    )

    @OptionGroup var filter: FilterOptions

    @Option(help: "Which come first.")
    var order = OrderName.newest

    @OptionGroup var limit: LimitOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let listing = CustomerListing(
            filter: self.filter.filter,
            order: self.order.online,
            rows: self.limit.rowsMax,
            format: self.output.output
        )
        try await self.connection.withClient { client in try await listing.show(client) }
    }
}
