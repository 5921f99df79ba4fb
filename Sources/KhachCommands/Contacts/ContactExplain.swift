internal import ArgumentParser
internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// `khach contacts explain CUSTOMER VALUE`.
struct ContactExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which interactions hold a phone or an e-mail address, and where."
    )

    @OptionGroup var contact: ContactValue
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await self.connection.withClient { client in
            let response = try await client.explainContactPoint(
                .with {
                    $0.id = self.contact.customer
                    $0.kind = self.contact.kind
                    $0.value = self.contact.value
                }
            )
            var zoneName: String?
            if self.output.output == .table {
                zoneName = await client.zoneName(ofCustomer: self.contact.customer)
            }
            try Listing.show(response, as: self.output.output) { response in
                Explanation(
                    times: LocalTime(zoneName: zoneName),
                    columns: Surroundings.current.console.width()
                ).text(response)
            }
        }
    }
}

/// The explanation of a contact for people.
private struct Explanation {
    private static let indent = "  "

    let times: LocalTime
    let columns: Int

    func text(_ response: Khach_V1_ExplainContactPointResponse) -> String {
        let point = response.point
        let markedAt = response.hasMarkedAt ? ", " + self.times.text(response.markedAt) : ""
        let facts = Listing.facts([
            ("value", point.value),
            ("first seen", self.times.text(point.firstSeenAt)),
            ("last seen", self.times.text(point.lastSeenAt)),
            ("marks", ContactTable.marks(point)),
            ("marked by", response.markedBy.isEmpty ? "" : response.markedBy + markedAt),
        ])
        let observations = response.observations.map { "\n" + self.text($0) }.joined()
        let count = response.observations.count
        let latest = response.hasMore_p ? "the latest " : ""
        let all = latest + PlainText.count(count, "interaction", "interactions")
        return facts + observations + "\n\(all); times in \(self.times.zoneName)\n"
    }

    private func text(_ observation: Khach_V1_ContactObservation) -> String {
        let first = self.times.text(observation.firstSeenAt)
        let last = self.times.text(observation.lastSeenAt)
        let parts = [
            observation.eventKey, first == last ? first : "\(first) to \(last)",
            "rule \(observation.rule)", "detector \(observation.detectorVersion)",
        ]
        let head = ShownText.oneLine(parts.joined(separator: "  ")) + "\n"
        return head + self.excerpt(observation).map { Self.indent + $0 + "\n" }.joined()
    }

    private func excerpt(_ observation: Khach_V1_ContactObservation) -> [String] {
        let bytes =
            Int(observation.byteStart)..<Int(max(observation.byteStart, observation.byteEnd))
        guard !bytes.isEmpty else { return ["(supplied by the channel, apart from a text)"] }
        guard !observation.text.isEmpty else { return ["(the text is no longer kept)"] }

        return MarkedText(observation.text, bytes: bytes)
            .lines(columns: self.columns - Self.indent.count)
    }
}
