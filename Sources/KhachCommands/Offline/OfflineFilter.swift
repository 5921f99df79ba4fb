internal import ArgumentParser
internal import KhachClient

/// Which customers of the cache are meant.
struct OfflineFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only customers of this page; may be repeated.", valueName: "id"))
    var page: [String] = []

    @Option(
        help: ArgumentHelp("Created on this local day or later.", valueName: "YYYY-MM-DD")
    )
    var createdFrom: String?

    @Option(
        help: ArgumentHelp("Created on this local day or earlier.", valueName: "YYYY-MM-DD")
    )
    var createdTo: String?

    func validate() throws {
        for day in [self.createdFrom, self.createdTo] {
            guard let day, !FilterOptions.isDay(day) else { continue }

            throw ValidationError("a day like 2026-06-30 expected, \(day) found")
        }
    }

    var filter: CustomerFilter {
        CustomerFilter(
            pageIDs: self.page,
            createdFrom: self.createdFrom,
            createdTo: self.createdTo
        )
    }
}
