internal import ArgumentParser
internal import KhachProto
internal import KhachRPC

/// What blocking and unblocking are asked with.
struct BlockOptions: ParsableArguments {
    @OptionGroup var customers: CustomerIDs

    @Option(help: ArgumentHelp("Why, for the record; at most 500 bytes.", valueName: "text"))
    var reason = ""

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    /// Asks for every customer; `call` makes one call.
    func run(
        _ call: (OnlineClient, [String], Khach_V1_Mutation) async throws -> [Khach_V1_BlockOutcome]
    ) async throws {
        let ids = try self.customers.all()
        try await self.connection.withClient { client in
            try await BlockTotal.run(ids, by: self.mutation, as: self.output.output) {
                try await call(client, $0, $1)
            }
        }
    }
}
