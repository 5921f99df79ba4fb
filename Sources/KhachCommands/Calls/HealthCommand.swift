internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach health`.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask whether the server can answer."
    )

    @Argument(help: "The service that is asked about; the server as a whole when left out.")
    var service = ""

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let response = try await self.connection.withClient { client in
            try await client.check(.with { $0.service = self.service })
        }
        try Listing.show(response, as: self.output.output) { response in
            response.status == .serving ? "serving\n" : "not serving\n"
        }
        guard response.status == .serving else {
            throw CommandFailure(
                .unavailable,
                "a server that serves expected, status \(response.status) found"
            )
        }
    }
}
