internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers count --business ID`.
struct CustomerCount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count customers."
    )

    @OptionGroup var filter: FilterOptions

    @Option(help: "Only customers whose name answers this text.")
    var name: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var request = Khach_V1_CountCustomersRequest()
        request.filter = self.filter.conditions.onlineFilter(
            of: self.filter.owner.id,
            name: self.name ?? ""
        )
        let response = try await self.connection.withClient { [request] client in
            try await client.countCustomers(request)
        }
        try Listing.show(response, as: self.output.output) { response in
            let bound = response.isCapped ? "more than " : ""
            return "\(bound)\(PlainText.customers(response.count)) as of seq \(response.asOfSeq)\n"
        }
    }
}
