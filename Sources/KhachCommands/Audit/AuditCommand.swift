internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach audit --business ID`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Show who changed what, the latest first."
    )

    @OptionGroup var owner: BusinessOptions

    @Option(help: ArgumentHelp("Only what was changed of this customer.", valueName: "id"))
    var customer: String?

    @OptionGroup var limit: LimitOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await self.connection.withClient { client in
            switch self.output.output {
            case .table: try await self.showTable(client)
            case .json:
                var whole = Khach_V1_ListAuditEntriesResponse()
                try await self.forEachPage(client) { page in
                    whole.entries += page.entries
                    whole.nextPageToken = page.nextPageToken
                }
                try Listing.show(whole, as: .json) { _ in "" }
            case .jsonl:
                try await self.forEachPage(client) { try Listing.showLines($0.entries) }
            }
        }
    }

    private func showTable(_ client: OnlineClient) async throws {
        let console = Surroundings.current.console
        let times = LocalTime(zoneName: await client.zoneName(of: self.owner.id))
        var table = Table([
            .init("NO.", isTrailing: true), .init("AT"), .init("ACTOR", max: 20), .init("ACTION"),
            .init("ENTITY"), .init("FIELD"), .init("BEFORE", max: 32), .init("AFTER", max: 32),
            .init("REASON"),
        ])
        var count = 0
        let hasMore = try await self.forEachPage(client) { page in
            count += page.entries.count
            let rows = page.entries.map { entry in
                [
                    "\(entry.number)", times.text(entry.at), entry.actor, entry.action,
                    entry.entityID, entry.field, entry.before, entry.after, entry.reason,
                ]
            }
            console.write(table.lines(rows))
        }
        let more = hasMore ? "; there are more (--all)" : ""
        console.write(
            "\(PlainText.count(count, "entry", "entries")); times in \(times.zoneName)\(more)\n"
        )
    }

    @discardableResult
    private func forEachPage(
        _ client: OnlineClient,
        _ body: (Khach_V1_ListAuditEntriesResponse) throws -> Void
    ) async throws -> Bool {
        try await self.limit.forEachPage { rows, token in
            let response = try await client.listAuditEntries(
                .with {
                    $0.businessID = self.owner.id
                    $0.customerID = self.customer ?? ""
                    $0.pageSize = rows
                    $0.pageToken = token
                }
            )
            try body(response)
            return (response.entries.count, response.nextPageToken)
        }
    }
}
