internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers list --business ID`.
struct CustomerList: AsyncParsableCommand {
    private static let pageRowsMax = 1_000
    private static let limitDefault = 200

    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List customers, the newest first."
    )

    @OptionGroup var filter: FilterOptions

    @Option(help: "How many to show (default 200).")
    var limit: Int?

    @Flag(help: "Show all of them, however many.")
    var all = false

    @OptionGroup var connection: ConnectionOptions
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
        try await self.connection.withClient { client in
            switch self.output.output {
            case .table: try await self.showTable(client)
            case .json: try await self.showDocument(client)
            case .jsonl:
                _ = try await self.forEachPage(client) { try Listing.showLines($0.customers) }
            }
        }
    }

    private func showTable(_ client: OnlineClient) async throws {
        let console = Surroundings.current.console
        let businesses = try? await client.allBusinesses()
        let business = businesses?.first { $0.id == self.filter.owner.id }
        var table = CustomerTable(zoneName: business?.timeZone)
        var count = 0
        let last = try await self.forEachPage(client) { page in
            count += page.customers.count
            console.write(table.lines(page.customers))
        }
        let more = last.nextPageToken.isEmpty ? "" : "; there are more (--all)"
        console.write(
            "\(PlainText.customers(count)) as of seq \(last.asOfSeq); "
                + "times in \(table.zoneName)\(more)\n"
        )
    }

    /// One document with the shape of the response; its page token goes on where it ends.
    private func showDocument(_ client: OnlineClient) async throws {
        var customers: [Khach_V1_Customer] = []
        var whole = try await self.forEachPage(client) { customers += $0.customers }
        whole.customers = customers
        try Listing.show(whole, as: .json) { _ in "" }
    }

    /// Walks the pages of the list until the limit; returns the last.
    private func forEachPage(
        _ client: OnlineClient,
        _ body: (Khach_V1_ListCustomersResponse) throws -> Void
    ) async throws -> Khach_V1_ListCustomersResponse {
        var request = Khach_V1_ListCustomersRequest()
        request.filter = self.filter.filter
        var rest = self.all ? Int.max : self.limit ?? Self.limitDefault
        while true {
            request.pageSize = UInt32(min(rest, Self.pageRowsMax))
            let response = try await client.listCustomers(request)
            try body(response)
            rest -= response.customers.count
            request.pageToken = response.nextPageToken
            if rest <= 0 || response.nextPageToken.isEmpty { return response }
        }
    }
}
