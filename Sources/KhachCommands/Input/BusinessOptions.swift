internal import ArgumentParser

/// Which business is meant.
struct BusinessOptions: ParsableArguments {
    @Option(help: "The id of the business (KHACH_BUSINESS).")
    var business: String?

    /// Empty only before `validate`.
    var id: String {
        self.business ?? Surroundings.current.environment["KHACH_BUSINESS"] ?? ""
    }

    func validate() throws {
        guard self.id.isEmpty else { return }

        throw ValidationError("--business or KHACH_BUSINESS expected, neither found")
    }
}
