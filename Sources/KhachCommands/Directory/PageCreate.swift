internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page create NAME --business ID --channel CHANNEL --external-id ID`.
struct PageCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a page of a business."
    )

    @Argument(help: "The name to show.")
    var name: String

    @OptionGroup var owner: BusinessOptions

    @Option(help: "The channel that the page lives on.")
    var channel: ChannelName

    @Option(help: "The channel's own id of the page.")
    var externalID: String

    @OptionGroup var author: ActorOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let request = Khach_V1_CreatePageRequest.with {
            $0.businessID = self.owner.id
            $0.channel = self.channel.channel
            $0.externalPageID = self.externalID
            $0.name = self.name
            $0.actor = self.author.name
        }
        let response = try await self.connection.withClient { client in
            try await client.createPage(request)
        }
        try PageFacts.show(response.page, as: self.output.output)
    }
}
