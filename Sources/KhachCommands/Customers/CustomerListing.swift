internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// A list of a server, shown piece by piece as it comes.
struct CustomerListing {
    var filter: Khach_V1_CustomerFilter
    var order = Khach_V1_CustomerOrder.unspecified
    var rows: Int
    var format: OutputFormat

    func show(_ client: OnlineClient) async throws {
        switch self.format {
        case .table: try await self.showTable(client)
        case .json: try await self.showDocument(client)
        case .jsonl:
            _ = try await self.forEachPage(client) { try Listing.showLines($0.customers) }
        }
    }

    private func showTable(_ client: OnlineClient) async throws {
        let console = Surroundings.current.console
        let businesses = try? await client.allBusinesses()
        let business = businesses?.first { $0.id == self.filter.businessID }
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

    /// Walks the pages of the list until there are enough rows; returns the last.
    private func forEachPage(
        _ client: OnlineClient,
        _ body: (Khach_V1_ListCustomersResponse) throws -> Void
    ) async throws -> Khach_V1_ListCustomersResponse {
        var request = Khach_V1_ListCustomersRequest()
        request.filter = self.filter
        request.order = self.order
        var rest = self.rows
        while true {
            request.pageSize = UInt32(min(rest, LimitOptions.pageRowsMax))
            let response = try await client.listCustomers(request)
            try body(response)
            rest -= response.customers.count
            request.pageToken = response.nextPageToken
            if rest <= 0 || response.nextPageToken.isEmpty { return response }
        }
    }
}
