internal import ArgumentParser
internal import KhachClient

/// `khach offline wipe --yes`.
struct OfflineWipe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wipe",
        abstract: "Overwrite a cache and remove it.",
        discussion: """
            The server loses nothing, and `khach sync` makes another. Refused while a process \
            syncs it, and while edits in it were not sent; whoever has it open reads nothing of \
            it any more. On a terminal it asks; elsewhere --yes is needed.
            """
    )

    @Option(help: "The file of the cache.", completion: .file())
    var cache: String

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Also when edits in it were not sent yet: they are given up.")
    var discardEdits = false

    func run() async throws {
        let surroundings = Surroundings.current
        guard self.yes || surroundings.canAsk else {
            throw CommandFailure(.usage, "--yes expected where nobody can be asked, not found")
        }
        guard surroundings.fileExists(self.cache) else {
            throw CommandFailure(.notFound, "a cache expected, none found at \(self.cache)")
        }

        try self.refuseEdits()
        if !self.yes {
            surroundings.console.writeError(
                ShownText.oneLine("Wipe \(self.cache) for good? Type yes to go on: ")
            )
            guard surroundings.answer() == "yes" else {
                throw CommandFailure(.failure, "yes expected, another answer found, nothing wiped")
            }
        }
        try OfflineClient.wipe(cachePath: self.cache)
        surroundings.console.write("wiped \(ShownText.oneLine(self.cache))\n")
    }

    /// Edits that wait for the server are not lost unasked.
    ///
    /// A cache that cannot be opened has none that could be sent.
    private func refuseEdits() throws {
        let client = try? OfflineClient.open(cachePath: self.cache)
        guard let waiting = try? client?.state().waitingCount, waiting > 0, !self.discardEdits
        else { return }

        throw CommandFailure(
            .failure,
            "a cache without edits that wait expected, \(waiting) found: khach sync sends them, "
                + "--discard-edits gives them up"
        )
    }
}
