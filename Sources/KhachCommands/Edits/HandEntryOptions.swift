internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// What showing and saving an entry by hand is asked with.
///
/// A save is made against the revision that its writer saw, so that it never overwrites what
/// somebody else saved in between (S8).
struct HandEntryOptions: ParsableArguments {
    @Argument(help: "The id of the customer.")
    var id: String

    @Argument(help: "The text to save; when it is left out, the present one is shown.")
    var text: String?

    @Flag(help: "Save that there is none.")
    var clear = false

    @Option(
        help: ArgumentHelp(
            "The revision that the text was made against; the present one when left out.",
            valueName: "number"
        )
    )
    var revision: UInt64?

    @OptionGroup var mutation: MutationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    private var given: String? { self.clear ? "" : self.text }

    func validate() throws {
        guard self.text == nil || !self.clear else {
            throw ValidationError("a text or --clear expected, both found")
        }
        guard self.text != "" else {
            throw ValidationError("a text or --clear expected, an empty text found")
        }
        guard self.given != nil || self.revision == nil else {
            throw ValidationError("a text or --clear expected with --revision, neither found")
        }
        // The revision is a part of the request, and changes with its first success.
        guard self.mutation.requestID.isEmpty || self.revision != nil || self.given == nil else {
            throw ValidationError("--revision expected with --request-id, not found")
        }
    }

    func run(_ field: HandField) async throws {
        try await self.connection.withClient { client in
            guard let given = self.given else { return try await self.show(field, client) }

            var revision = self.revision
            if revision == nil {
                let seen = try await client.getCustomer(.with { $0.id = self.id })
                revision = field.entry(of: seen.customer).editRevision
            }
            var request = field.save(given, revision ?? 0, of: self.id)
            request.mutation = self.mutation.mutation()
            do {
                let response = try await client.updateCustomer(request)
                try await self.show(response, field, client)
            } catch let error as RPCError {
                guard let conflict = error.editConflict else { throw error }

                try await self.show(conflict, field, client)
            }
        }
    }

    private func show(_ field: HandField, _ client: OnlineClient) async throws {
        let response = try await client.getCustomer(.with { $0.id = self.id })
        let times = await self.times(client)
        try Listing.show(field.entry(of: response.customer), as: self.output.output) { entry in
            Listing.facts(Self.facts(entry, field.label, times))
        }
    }

    private func show(
        _ response: Khach_V1_UpdateCustomerResponse,
        _ field: HandField,
        _ client: OnlineClient
    ) async throws {
        let times = await self.times(client)
        try Listing.show(response, as: self.output.output) { response in
            Listing.facts(
                [("customer", response.customer.id)]
                    + Self.facts(field.entry(of: response.customer), field.label, times)
            )
        }
    }

    /// Both values, the stored one with who and when, and the end of the command.
    private func show(
        _ conflict: Khach_V1_EditConflict,
        _ field: HandField,
        _ client: OnlineClient
    ) async throws {
        let times = await self.times(client)
        let revision = conflict.stored.editRevision
        try Listing.show(conflict, as: self.output.output) { conflict in
            Listing.facts(
                [("customer", conflict.customerID)]
                    + Self.facts(conflict.stored, "stored", times)
                    + [
                        ("given", Self.shown(conflict.given)),
                        ("given against", "revision \(conflict.givenRevision)"),
                    ]
            )
        }
        throw CommandFailure(
            .conflict,
            "\(field.label): revision \(conflict.givenRevision) expected, \(revision) found, "
                + "nothing saved; --revision \(revision) saves over it"
        )
    }

    private static func facts(
        _ entry: Khach_V1_HandEntry,
        _ label: String,
        _ times: LocalTime
    ) -> [(name: String, value: String)] {
        [
            (label, Self.shown(entry.text)), ("revision", "\(entry.editRevision)"),
            ("saved by", entry.updatedBy),
            (
                "saved at",
                entry.hasUpdatedAt ? "\(times.text(entry.updatedAt)) (\(times.zoneName))" : ""
            ),
        ]
    }

    private static func shown(_ text: String) -> String { text.isEmpty ? "(none)" : text }

    /// Only people read times in a zone.
    private func times(_ client: OnlineClient) async -> LocalTime {
        guard self.output.output == .table else { return LocalTime(zoneName: nil) }

        return LocalTime(zoneName: await client.zoneName(ofCustomer: self.id))
    }
}
