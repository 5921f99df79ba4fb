internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page list --business ID`.
struct PageList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the pages of a business."
    )

    @OptionGroup var owner: BusinessOptions

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let pages = try await self.connection.withClient { client in
            try await client.allPages(of: self.owner.id)
        }
        guard self.output.output != .jsonl else { return try Listing.showLines(pages) }

        let whole = Khach_V1_ListPagesResponse.with { $0.pages = pages }
        try Listing.show(whole, as: self.output.output) { whole in
            var table = Table([
                .init("ID"), .init("CHANNEL"), .init("EXTERNAL ID"), .init("NAME"), .init("BLOCKS"),
            ])
            let rows = whole.pages.map {
                [
                    $0.id, ChannelName($0.channel).name, $0.externalPageID, $0.name,
                    BlockModeName($0.blockMode).rawValue,
                ]
            }
            return table.lines(rows) + "\(PlainText.count(rows.count, "page", "pages"))\n"
        }
    }
}

extension OnlineClient {
    /// Every page of the business.
    func allPages(of business: String) async throws(RPCError) -> [Khach_V1_Page] {
        var pages: [Khach_V1_Page] = []
        var request = Khach_V1_ListPagesRequest()
        request.businessID = business
        request.pageSize = 1_000
        repeat {
            let response = try await self.listPages(request)
            pages += response.pages
            request.pageToken = response.nextPageToken
        } while !request.pageToken.isEmpty
        return pages
    }
}
