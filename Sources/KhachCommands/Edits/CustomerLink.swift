internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach customers link ID OTHER`.
struct CustomerLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Say that two customers of a page are one, or give one a further id.",
        discussion: """
            The one that was created first stays, and answers for the id of the other from then \
            on. It cannot be undone.
            """
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @Argument(help: "The id of the other customer.")
    var other: String?

    @Option(
        help: ArgumentHelp(
            "A further id on the channel, such as ASID:1234; :1234 is of the ordinary kind.",
            valueName: "kind:id"
        )
    )
    var identity: String?

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (self.other == nil) != (self.identity == nil) else {
            let found = self.other == nil ? "neither" : "both"
            throw ValidationError("another customer or --identity expected, \(found) found")
        }
        guard let identity, Self.parsed(identity) == nil else { return }

        throw ValidationError("an identity like ASID:1234 or :1234 expected, \(identity) found")
    }

    func run() async throws {
        let request = Khach_V1_LinkIdentityRequest.with {
            $0.id = self.id
            $0.otherID = self.other ?? ""
            if let identity = self.identity.flatMap(Self.parsed) { $0.identity = identity }
            $0.mutation = self.mutation.mutation()
        }
        try await self.connection.withClient { client in
            let response = try await client.linkIdentity(request)
            var zoneName: String?
            if self.output.output == .table {
                zoneName = await client.zoneName(ofCustomer: response.customer.id)
            }
            try Listing.show(response, as: self.output.output) { response in
                let gone = response.redirectedID
                let end = gone.isEmpty ? "" : "\(gone) answers as \(response.customer.id) now\n"
                return CustomerTable(zoneName: zoneName).facts(response.customer) + end
            }
        }
    }

    /// The kind ends at the first colon; ids may have more of them.
    private static func parsed(_ text: String) -> Khach_V1_Identity? {
        guard let colon = text.firstIndex(of: ":") else { return nil }

        let id = text[text.index(after: colon)...]
        guard !id.isEmpty else { return nil }

        return .with {
            $0.kind = String(text[..<colon])
            $0.externalUserID = String(id)
        }
    }
}
