internal import ArgumentParser

/// How much of a list is shown.
struct LimitOptions: ParsableArguments {
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

    var rowsMax: Int { self.all ? .max : self.limit ?? Self.limitDefault }

    /// Walks the pages of a list until the limit.
    ///
    /// - Parameter page: asks for one page, of so many rows from a token, and shows it; its count
    ///   of rows and the token of the next.
    /// - Returns: whether there are more.
    @discardableResult
    func forEachPage(
        _ page: (_ rows: UInt32, _ token: String) async throws -> (count: Int, next: String)
    ) async throws -> Bool {
        var rest = self.rowsMax
        var token = ""
        while true {
            let found = try await page(UInt32(min(rest, Self.pageRowsMax)), token)
            rest -= found.count
            token = found.next
            if rest <= 0 || token.isEmpty { return !token.isEmpty }
        }
    }
}
