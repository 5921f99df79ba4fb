internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers erase ID --yes`.
struct CustomerErase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase a customer and everything that is known of it, for good.",
        discussion: """
            Every cache loses the customer at its next sync. Whoever writes again is a new \
            customer. On a terminal it asks; elsewhere --yes is needed.
            """
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        guard self.yes || Surroundings.current.canAsk else {
            throw CommandFailure(.usage, "--yes expected where nobody can be asked, not found")
        }

        try await self.connection.withClient { client in
            if !self.yes { try await self.ask(client) }
            let response = try await client.eraseCustomer(
                .with {
                    $0.id = self.id
                    $0.mutation = self.mutation.mutation()
                }
            )
            try Listing.show(response, as: self.output.output) { response in
                "erased \(ShownText.oneLine(self.id)) as of seq \(response.seq)\n"
            }
        }
    }

    /// Shows who it is about; anything but `yes` leaves the customer as it is.
    private func ask(_ client: OnlineClient) async throws {
        let surroundings = Surroundings.current
        let customer = try await client.getCustomer(.with { $0.id = self.id }).customer
        let name = CustomerTable.name(customer)
        surroundings.console.writeError(
            ShownText.oneLine("Erase \(customer.id), \(name), for good? Type yes to go on: ")
        )
        guard surroundings.answer() == "yes" else {
            throw CommandFailure(.failure, "yes expected, another answer found, nothing erased")
        }
    }
}
