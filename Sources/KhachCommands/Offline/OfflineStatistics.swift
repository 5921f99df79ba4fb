internal import ArgumentParser
internal import KhachClient
internal import KhachProto
internal import SwiftProtobuf

/// `khach offline stats`.
struct OfflineStatistics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count new and active customers, conversations, phones and blocks by local day."
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var options: StatisticsOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let found = try client.statistics(self.options.offlineQuery)
        let response = Khach_V1_GetStatisticsResponse.with {
            $0.rows = found.rows.map(Self.row)
            $0.totals = found.totals.map(Self.row)
            $0.asOfSeq = found.seq
        }
        let shown = CachedCustomers(client, as: self.options.output.output)
        switch self.options.output.output {
        case .table:
            let business = try client.business()
            let pages = Dictionary(business.pages.map { ($0.id, $0.name) }) { first, _ in first }
            Surroundings.current.console.write(self.options.text(response, pages: pages))
        case .json: try shown.showDocument(response)
        case .jsonl: try Listing.showLines(response.rows + response.totals)
        }
        try shown.showStamp(hasTimes: false)
    }

    private static func row(_ row: Statistics.Row) -> Khach_V1_StatisticsRow {
        .with {
            $0.day = row.day ?? ""
            $0.pageID = row.pageID ?? ""
            $0.channel =
                row.channel.flatMap { Khach_V1_Channel(rawValue: Int($0.rawValue)) } ?? .unspecified
            $0.measures = .with {
                $0.newCustomers = row[.newCustomers]
                $0.activeCustomers = row[.activeCustomers]
                $0.messagingCustomers = row[.messagingCustomers]
                $0.commentingCustomers = row[.commentingCustomers]
                $0.newMessageConversations = row[.newMessageConversations]
                $0.newCommentConversations = row[.newCommentConversations]
                $0.phonesFound = row[.phonesFound]
                $0.emailsFound = row[.emailsFound]
                $0.blocked = row[.blocked]
                $0.unblocked = row[.unblocked]
            }
        }
    }
}
