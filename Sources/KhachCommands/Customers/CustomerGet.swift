internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers get ID`.
struct CustomerGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one customer."
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await self.connection.withClient { client in
            let response = try await client.getCustomer(.with { $0.id = self.id })
            var zoneName: String?
            if self.output.output == .table, let all = try? await client.allBusinesses() {
                zoneName = all.first { $0.id == response.businessID }?.timeZone
            }
            try Listing.show(response, as: self.output.output) { response in
                CustomerTable(zoneName: zoneName).facts(response.customer)
                    + "as of seq \(response.seq) of business \(response.businessID)\n"
            }
        }
    }
}
