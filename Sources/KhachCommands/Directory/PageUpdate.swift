internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page update ID`.
struct PageUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a page: its name, its own contacts, who carries out its blocks.",
        discussion: """
            A page's own phones and e-mail addresses are not taken for a customer's who quotes \
            them. Those that are given replace the ones before.
            """
    )

    @Argument(help: "The id of the page.")
    var id: String

    @Option(help: "The new name.")
    var name: String?

    @Option(help: ArgumentHelp("A phone of the page; may be repeated.", valueName: "phone"))
    var ownPhone: [String] = []

    @Flag(help: "The page has no phone.")
    var noOwnPhones = false

    @Option(
        help: ArgumentHelp("An e-mail address of the page; may be repeated.", valueName: "email")
    )
    var ownEmail: [String] = []

    @Flag(help: "The page has no e-mail address.")
    var noOwnEmails = false

    @Option(help: "Who carries out blocks on the platform: local (nobody) or gateway.")
    var blockMode: BlockModeName?

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (option, values, isNone) in [
            ("own-phone", self.ownPhone, self.noOwnPhones),
            ("own-email", self.ownEmail, self.noOwnEmails),
        ] where isNone && !values.isEmpty {
            throw ValidationError("--\(option) or --no-\(option)s expected, both found")
        }
        guard self.request.updateMask.paths.isEmpty else { return }

        throw ValidationError("at least one change expected, none found")
    }

    func run() async throws {
        let request = self.request
        let response = try await self.connection.withClient { client in
            try await client.updatePage(request)
        }
        try PageFacts.show(response.page, as: self.output.output)
    }

    private var request: Khach_V1_UpdatePageRequest {
        .with {
            $0.id = self.id
            $0.actor = self.author.name
            if let name {
                $0.updateMask.paths.append("name")
                $0.name = name
            }
            if self.noOwnPhones || !self.ownPhone.isEmpty {
                $0.updateMask.paths.append("own_phones")
                $0.ownPhones = self.ownPhone
            }
            if self.noOwnEmails || !self.ownEmail.isEmpty {
                $0.updateMask.paths.append("own_emails")
                $0.ownEmails = self.ownEmail
            }
            if let blockMode {
                $0.updateMask.paths.append("block_mode")
                $0.blockMode = blockMode.mode
            }
        }
    }
}
