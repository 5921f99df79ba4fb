internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page roles set PAGE ID=ROLE,ROLE …`.
struct PageRolesSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Say which accounts have a role on a page: these, and no other.",
        discussion: """
            Whoever is blocked and has a role now is unblocked. A line of a file is ID=ROLE,ROLE \
            or a khach.v1.RoleAccount in protobuf JSON, as `roles list --output jsonl` writes it.
            """
    )

    @Argument(help: "The id of the page.")
    var page: String

    @Argument(help: "Accounts as ID=ROLE,ROLE; or a file of them; - reads standard input.")
    var accounts: [String] = []

    @Flag(help: "No account has a role.")
    var none = false

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.accounts.isEmpty == self.none else {
            let found = self.none ? "both" : "neither"
            throw ValidationError("accounts or --none expected, \(found) found")
        }
        guard self.accounts.count > 1 || self.accounts.first?.contains("=") == true else { return }

        for account in self.accounts where RoleAccountText.account(account) == nil {
            throw ValidationError("an account like 1234=ADMIN,EDITOR expected, \(account) found")
        }
    }

    func run() async throws {
        let accounts = try self.given()
        let response = try await self.connection.withClient { client in
            try await client.setRoleAccounts(
                .with {
                    $0.pageID = self.page
                    $0.accounts = accounts
                    $0.actor = self.author.name
                }
            )
        }
        try Listing.show(response, as: self.output.output) { response in
            let count = PlainText.count(accounts.count, "account has", "accounts have")
            let ids = response.unblockedCustomerIds
            let unblocked = ids.isEmpty ? "" : "unblocked \(ids.joined(separator: ", "))\n"
            return "\(count) a role on \(ShownText.oneLine(self.page))\n\(unblocked)"
        }
    }

    private func given() throws -> [Khach_V1_RoleAccount] {
        guard self.accounts.count == 1, let path = self.accounts.first, !path.contains("=") else {
            return self.accounts.compactMap(RoleAccountText.account)
        }

        var file = LineFile(path)
        var accounts: [Khach_V1_RoleAccount] = []
        while let line = try file.next() {
            guard let account = RoleAccountText.account(line.text) else {
                throw CommandFailure(
                    .failure,
                    ShownText.oneLine(
                        "line \(line.number): an account like 1234=ADMIN,EDITOR or in JSON "
                            + "expected, \(line.text) found"
                    )
                )
            }
            accounts.append(account)
        }
        guard !accounts.isEmpty else {
            throw CommandFailure(.failure, "at least one account or --none expected, none found")
        }
        return accounts
    }
}
