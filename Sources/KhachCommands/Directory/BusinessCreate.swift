internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach business create NAME`.
struct BusinessCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a business."
    )

    @Argument(help: "The name, 1 to 200 characters.")
    var name: String

    @Option(help: "The IANA name of the zone of its days; the server's default when empty.")
    var timeZone = ""

    @Option(help: "vi or en; the server's default when empty.")
    var locale = ""

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let request = Khach_V1_CreateBusinessRequest.with {
            $0.name = self.name
            $0.timeZone = self.timeZone
            $0.locale = self.locale
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.createBusiness(request)
        }
        try BusinessFacts.show(response.business, as: self.output.output)
    }
}
