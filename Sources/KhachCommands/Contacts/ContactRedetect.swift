internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach contacts redetect --business ID`.
struct ContactRedetect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redetect",
        abstract: "Show what the server's detector finds otherwise in the stored texts.",
        discussion: "With --accept the customers get what it finds; otherwise nothing changes."
    )

    @OptionGroup var owner: BusinessOptions

    @Flag(help: "Take what it finds.")
    var accept = false

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var total = RedetectTotal(as: self.output.output, isAccepted: self.accept)
        do {
            try await self.connection.withClient { client in
                try await self.walk(client, &total)
            }
        } catch {
            guard total.textsCount > 0 else { throw error }

            throw CommandFailure.explaining(error).adding(
                "\(total.textsCount) texts looked at; the same command again is safe"
            )
        }
        try total.finish()
    }

    private func walk(_ client: OnlineClient, _ total: inout RedetectTotal) async throws {
        var request = Khach_V1_RedetectContactsRequest.with {
            $0.businessID = self.owner.id
            $0.accept = self.accept
        }
        var progress = ProgressLine(ProgressBar(label: "detecting", unit: "texts"))
        defer { progress.clear() }
        for call in 0... {
            request.mutation = self.mutation.mutation(call: call)
            let response = try await client.redetectContacts(request)
            if !response.differences.isEmpty { progress.clear() }
            try total.show(response)
            progress.show(done: total.textsCount, share: nil)
            request.pageToken = response.nextPageToken
            if request.pageToken.isEmpty { return }
        }
    }
}
