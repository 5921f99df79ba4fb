internal import ArgumentParser
internal import KhachProto
internal import KhachRPC

/// `khach stats --business ID --from DAY --to DAY`.
struct StatisticsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count new and active customers, conversations, phones and blocks by local day."
    )

    @OptionGroup var owner: BusinessOptions
    @OptionGroup var options: StatisticsOptions
    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let request = self.options.onlineRequest(of: self.owner.id)
        try await self.connection.withClient { client in
            let response = try await client.getStatistics(request)
            var pages: [String: String] = [:]
            if self.options.output.output == .table, self.options.by == .page {
                let all = try await client.allPages(of: self.owner.id)
                pages = Dictionary(all.map { ($0.id, $0.name) }) { first, _ in first }
            }
            switch self.options.output.output {
            case .jsonl: try Listing.showLines(response.rows + response.totals)
            case .json, .table:
                try Listing.show(response, as: self.options.output.output) { response in
                    self.options.text(response, pages: pages)
                        + "as of seq \(response.asOfSeq)\n"
                }
            }
        }
    }
}
