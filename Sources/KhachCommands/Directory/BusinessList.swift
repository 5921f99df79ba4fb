internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach business list`.
struct BusinessList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every business."
    )

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let businesses = try await self.connection.withClient { client in
            try await client.allBusinesses()
        }
        guard self.output.output != .jsonl else { return try Listing.showLines(businesses) }

        let whole = Khach_V1_ListBusinessesResponse.with { $0.businesses = businesses }
        try Listing.show(whole, as: self.output.output) { whole in
            var table = Table([
                .init("ID"), .init("NAME"), .init("TIME ZONE"), .init("LOCALE"), .init("CREATED"),
            ])
            let times = LocalTime(zoneName: nil)
            let rows = whole.businesses.map {
                [$0.id, $0.name, $0.timeZone, $0.locale, times.text($0.createdAt)]
            }
            let count = PlainText.count(rows.count, "business", "businesses")
            return table.lines(rows) + "\(count); times in \(times.zoneName)\n"
        }
    }
}

extension OnlineClient {
    /// Every business of the server, over all pages of the list.
    func allBusinesses() async throws(RPCError) -> [Khach_V1_Business] {
        var businesses: [Khach_V1_Business] = []
        var request = Khach_V1_ListBusinessesRequest()
        request.pageSize = 1_000
        repeat {
            let response = try await self.listBusinesses(request)
            businesses += response.businesses
            request.pageToken = response.nextPageToken
        } while !request.pageToken.isEmpty
        return businesses
    }

    /// The zone of a business, so that people read its times; `nil` when it cannot be told.
    func zoneName(of business: String) async -> String? {
        guard let all = try? await self.allBusinesses() else { return nil }

        return all.first { $0.id == business }?.timeZone
    }

    /// The zone of the business of a customer.
    func zoneName(ofCustomer id: String) async -> String? {
        guard let response = try? await self.getCustomer(.with({ $0.id = id })) else { return nil }

        return await self.zoneName(of: response.businessID)
    }
}
