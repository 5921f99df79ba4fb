internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach sample setup`.
struct SampleSetup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make the businesses and pages of a sample on the server.",
        discussion: "What exists already, by name or by external id, is left as it is."
    )

    @OptionGroup var sample: SampleOptions
    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let directory = SampleDirectory(size: self.sample.size, seed: self.sample.seed)
        let businesses = try await self.connection.withClient { client in
            let known = try await client.allBusinesses()
            var businesses: [Khach_V1_Business] = []
            for (index, request) in directory.businessRequests.enumerated() {
                var request = request
                request.actor = self.author.name
                let business = try await Self.business(request, known, client)
                for page in directory.pageRequests(of: index, businessID: business.id) {
                    var page = page
                    page.actor = self.author.name
                    try await Self.createPage(page, client)
                }
                businesses.append(business)
            }
            return businesses
        }
        guard self.output.output != .jsonl else { return try Listing.showLines(businesses) }

        let whole = Khach_V1_ListBusinessesResponse.with { $0.businesses = businesses }
        try Listing.show(whole, as: self.output.output) { whole in
            var table = Table([.init("ID"), .init("NAME"), .init("TIME ZONE")])
            let rows = whole.businesses.map { [$0.id, $0.name, $0.timeZone] }
            return table.lines(rows) + "\(rows.count) businesses, \(directory.pages.count) pages\n"
        }
    }

    private static func business(
        _ request: Khach_V1_CreateBusinessRequest,
        _ known: [Khach_V1_Business],
        _ client: OnlineClient
    ) async throws(RPCError) -> Khach_V1_Business {
        if let existing = known.first(where: { $0.name == request.name }) { return existing }

        return try await client.createBusiness(request).business
    }

    private static func createPage(
        _ request: Khach_V1_CreatePageRequest,
        _ client: OnlineClient
    ) async throws(RPCError) {
        do {
            _ = try await client.createPage(request)
        } catch  where error.code == .alreadyExists {
            // It is there: what was asked for.
        }
    }
}
