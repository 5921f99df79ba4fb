internal import ArgumentParser

/// How a file is sent to the server.
struct RecordOptions: ParsableArguments {
    @Option(help: "Lines in one call, 1 to 1000.")
    var batch = 500

    @Option(help: "Calls at the same time, 1 to 64.")
    var inFlight = 4

    @Option(help: "How often a call is repeated while the server is unavailable, 0 to 20.")
    var retries = 5

    func validate() throws {
        for (name, value, range) in [
            ("--batch", self.batch, 1...1_000), ("--in-flight", self.inFlight, 1...64),
            ("--retries", self.retries, 0...20),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(range.lowerBound) to \(range.upperBound) expected for \(name), \(value) found"
            )
        }
    }
}
