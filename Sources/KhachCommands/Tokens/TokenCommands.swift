internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach token …`.
struct TokenCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Who may call the server, and what each may do.",
        discussion: "The first token of a server is made by `khachd init`.",
        subcommands: [TokenCreate.self, TokenList.self, TokenRotate.self, TokenRevoke.self]
    )
}

/// `khach token create NAME --business ID --may read`.
struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token; its secret is shown once, on standard output."
    )

    @Argument(help: "For whom it is.")
    var name: String

    @Option(help: "The id of the only business that it is for; without it, every one.")
    var business: String?

    @Option(
        help: ArgumentHelp(
            "The id of a page that it is for; may be repeated; without it, every one.",
            valueName: "id"
        )
    )
    var page: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            What it allows: \(PermissionName.allCases.map(\.rawValue).joined(separator: ", ")); \
            may be repeated.
            """,
            valueName: "permission"
        )
    )
    var may: [PermissionName]

    @Option(help: "Days that it is valid; without it, until it is revoked.")
    var days: Int?

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let days = self.days, !(1...36_500).contains(days) {
            throw ValidationError("1 to 36500 days expected, \(days) found")
        }
    }

    func run() async throws {
        let request = Khach_V1_CreateTokenRequest.with {
            $0.name = self.name
            $0.businessID = self.business ?? ""
            $0.pageIds = self.page
            $0.permissions = self.may.map(\.permission)
            if let days = self.days {
                let now = Surroundings.current.now()
                $0.expiresAt.seconds = Int64(now) + Int64(days) * 86_400
            }
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.createToken(request)
        }
        try TokenText.show(response, secret: response.secret, response.token, self.output)
    }
}

/// `khach token rotate ID`.
struct TokenRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a token another secret; the last one is valid beside it for a while."
    )

    @Argument(help: "The id of the token.")
    var id: String

    @Option(help: ArgumentHelp("How long both are valid.", valueName: "seconds"))
    var overlap: UInt32 = 86_400

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// The service takes 0 for what was left out.
    func validate() throws {
        guard self.overlap > 0 else {
            throw ValidationError("--overlap: at least 1 second expected, 0 found")
        }
    }

    func run() async throws {
        let request = Khach_V1_RotateTokenRequest.with {
            $0.id = self.id
            $0.overlapSeconds = self.overlap
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.rotateToken(request)
        }
        try TokenText.show(response, secret: response.secret, response.token, self.output)
    }
}

/// `khach token revoke ID`.
struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a token: at once for calls, within 5 seconds for what is streamed."
    )

    @Argument(help: "The id of the token.")
    var id: String

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let request = Khach_V1_RevokeTokenRequest.with {
            $0.id = self.id
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.revokeToken(request)
        }
        try Listing.show(response.token, as: self.output.output) { token in
            "revoked \(ShownText.oneLine(token.id))\n"
        }
    }
}

/// `khach token list`.
struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tokens, also those that are revoked."
    )

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let tokens = try await self.connection.withClient { client in
            var tokens: [Khach_V1_AccessToken] = []
            var request = Khach_V1_ListTokensRequest.with { $0.pageSize = 1_000 }
            repeat {
                let response = try await client.listTokens(request)
                tokens += response.tokens
                request.pageToken = response.nextPageToken
            } while !request.pageToken.isEmpty
            return tokens
        }
        guard self.output.output != .jsonl else { return try Listing.showLines(tokens) }

        let whole = Khach_V1_ListTokensResponse.with { $0.tokens = tokens }
        try Listing.show(whole, as: self.output.output) { whole in TokenText.table(whole.tokens) }
    }
}
