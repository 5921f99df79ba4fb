internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach page capabilities`.
struct PageCapabilities: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capabilities",
        abstract: "Show what blocking means on each channel."
    )

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let response = try await self.connection.withClient { client in
            try await client.listBlockCapabilities(.init())
        }
        guard self.output.output != .jsonl else {
            return try Listing.showLines(response.capabilities)
        }

        try Listing.show(response, as: self.output.output) { response in
            var table = Table([
                .init("CHANNEL"), .init("CAN BLOCK"), .init("ANSWERS WHILE BLOCKED"),
                .init("NEEDS CONVERSATION"), .init("AT A TIME", isTrailing: true),
            ])
            return table.lines(response.capabilities.map(Self.row))
        }
    }

    private static func row(_ capability: Khach_V1_BlockCapability) -> [String] {
        func word(_ isTrue: Bool) -> String { isTrue ? "yes" : "no" }
        return [
            ChannelName(capability.channel).name, word(capability.canBlock),
            word(capability.outboundWhileBlocked), word(capability.needsConversation),
            capability.batchMax == 0 ? "" : "\(capability.batchMax)",
        ]
    }
}
