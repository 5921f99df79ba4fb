internal import ArgumentParser

/// How much of a list is shown.
struct ListLength: ParsableArguments {
    /// What one call gives at most.
    static let pageRowsMax = 1_000
    private static let limitDefault = 200

    @Option(help: "How many to show (default 200).")
    var limit: Int?

    @Flag(help: "Show all of them, however many.")
    var all = false

    func validate() throws {
        guard let limit = self.limit else { return }

        guard limit > 0 else {
            throw ValidationError("a limit of 1 or more expected, \(limit) found")
        }
        guard !self.all else {
            throw ValidationError("--limit or --all expected, both found")
        }
    }

    var rows: Int { self.all ? Int.max : self.limit ?? Self.limitDefault }
}
