internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page roles list PAGE`.
struct PageRolesList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the accounts that have a role on a page."
    )

    @Argument(help: "The id of the page.")
    var page: String

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let response = try await self.connection.withClient { client in
            try await client.listRoleAccounts(.with { $0.pageID = self.page })
        }
        guard self.output.output != .jsonl else {
            return try Listing.showLines(response.accounts)
        }

        try Listing.show(response, as: self.output.output) { response in
            var table = Table([
                .init("CHANNEL USER", max: 64), .init("ROLES"), .init("NAME", max: 32),
            ])
            let rows = response.accounts.map {
                [$0.externalUserID, $0.roles.joined(separator: ","), $0.name]
            }
            return table.lines(rows) + "\(PlainText.count(rows.count, "account", "accounts"))\n"
        }
    }
}
