internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers pending --page ID`.
struct CustomerPending: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pending",
        abstract: "List the customers of a page whose block or unblock its gateway is to settle."
    )

    @Option(help: ArgumentHelp("The page.", valueName: "id"))
    var page: String

    @OptionGroup var limit: LimitOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await self.connection.withClient { client in
            var whole = Khach_V1_ListPendingBlocksResponse()
            try await self.limit.forEachPage { rows, token in
                let response = try await client.listPendingBlocks(
                    .with {
                        $0.pageID = self.page
                        $0.pageSize = rows
                        $0.pageToken = token
                    }
                )
                if self.output.output == .jsonl {
                    try Listing.showLines(response.customers)
                } else {
                    whole.customers += response.customers
                }
                whole.nextPageToken = response.nextPageToken
                return (response.customers.count, response.nextPageToken)
            }
            switch self.output.output {
            case .table:
                var zoneName: String?
                if let first = whole.customers.first {
                    zoneName = await client.zoneName(ofCustomer: first.id)
                }
                Surroundings.current.console.write(Self.table(whole, zoneName: zoneName))
            case .json: try Listing.show(whole, as: .json) { _ in "" }
            case .jsonl: break
            }
        }
    }

    private static func table(
        _ response: Khach_V1_ListPendingBlocksResponse,
        zoneName: String?
    ) -> String {
        var table = Table([
            .init("ID"), .init("CHANNEL USER"), .init("NAME", max: 32), .init("STATE"),
            .init("SINCE"), .init("BY", max: 20), .init("REASON"),
        ])
        let times = LocalTime(zoneName: zoneName)
        let rows = response.customers.map { customer in
            let block = customer.block
            return [
                customer.id, customer.externalUserID, CustomerTable.name(customer),
                BlockText.state(block.state), times.text(block.since), block.by, block.reason,
            ]
        }
        let more = response.nextPageToken.isEmpty ? "" : "; there are more (--all)"
        return table.lines(rows)
            + "\(PlainText.customers(rows.count)) pending; times in \(times.zoneName)\(more)\n"
    }
}
