internal import ArgumentParser
internal import KhachProto
internal import SwiftProtobuf

/// Which customers are meant; all conditions hold together.
struct FilterOptions: ParsableArguments {
    @OptionGroup var owner: BusinessOptions

    @Option(help: ArgumentHelp("Only customers of this page; may be repeated.", valueName: "id"))
    var page: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only customers created on this local day of the business or later.",
            valueName: "YYYY-MM-DD"
        )
    )
    var createdFrom: String?

    @Option(
        help: ArgumentHelp(
            "Only customers created on this local day of the business or earlier.",
            valueName: "YYYY-MM-DD"
        )
    )
    var createdTo: String?

    func validate() throws {
        for (name, day) in [("--created-from", self.createdFrom), ("--created-to", self.createdTo)]
        {
            guard let day, !Self.isDay(day) else { continue }

            throw ValidationError("a day like 2026-06-30 expected for \(name), \(day) found")
        }
        if let from = self.createdFrom, let to = self.createdTo, from > to {
            throw ValidationError("--created-from on or before \(to) expected, \(from) found")
        }
    }

    var filter: Khach_V1_CustomerFilter {
        .with {
            $0.businessID = self.owner.id
            $0.pageIds = self.page
            $0.createdFrom = self.createdFrom ?? ""
            $0.createdTo = self.createdTo ?? ""
        }
    }

    /// The shape of a day; whether the month has it is the server's to say.
    static func isDay(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])/) != nil
    }
}
