internal import ArgumentParser
internal import KhachProto
internal import KhachRPC

/// `khach customers search TEXT --business ID`.
struct CustomerSearch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find customers by name, marks and case aside, the best answers first."
    )

    @Argument(help: "Beginnings of words of the name, in any order.")
    var text: String

    @OptionGroup var filter: FilterOptions

    @Option(help: "Which come first, in place of the best answers.")
    var order: OrderName?

    @OptionGroup var limit: LimitOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let listing = CustomerListing(
            filter: self.filter.conditions.onlineFilter(
                of: self.filter.owner.id,
                name: self.text
            ),
            order: self.order?.online ?? .relevance,
            rows: self.limit.rowsMax,
            format: self.output.output
        )
        try await self.connection.withClient { client in try await listing.show(client) }
    }
}
