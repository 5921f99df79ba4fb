internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach business update ID`.
struct BusinessUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change the name or the time zone of a business.",
        discussion: "Another zone counts every day anew."
    )

    @Argument(help: "The id of the business.")
    var id: String

    @Option(help: "The new name.")
    var name: String?

    @Option(help: "The IANA name of the new zone of its days.")
    var timeZone: String?

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.name != nil || self.timeZone != nil else {
            throw ValidationError("--name or --time-zone expected, neither found")
        }
        // The empty text leaves a field as it is, which nobody means who gives it.
        for (option, value) in [("--name", self.name), ("--time-zone", self.timeZone)]
        where value == "" {
            throw ValidationError("a text expected for \(option), an empty one found")
        }
    }

    func run() async throws {
        let request = Khach_V1_UpdateBusinessRequest.with {
            $0.id = self.id
            $0.name = self.name ?? ""
            $0.timeZone = self.timeZone ?? ""
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.updateBusiness(request)
        }
        try BusinessFacts.show(response.business, as: self.output.output)
    }
}
