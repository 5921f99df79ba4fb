internal import ArgumentParser
internal import KhachClient

/// `khach offline wipe --yes`.
struct OfflineWipe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wipe",
        abstract: "Overwrite a cache and remove it.",
        discussion: """
            The server loses nothing, and `khach sync` makes another. Refused while a process \
            syncs it; whoever has it open reads nothing of it any more. On a terminal it asks; \
            elsewhere --yes is needed.
            """
    )

    @Option(help: "The file of the cache.", completion: .file())
    var cache: String

    @Flag(help: "Do not ask.")
    var yes = false

    func run() async throws {
        let surroundings = Surroundings.current
        guard self.yes || surroundings.canAsk else {
            throw CommandFailure(.usage, "--yes expected where nobody can be asked, not found")
        }
        guard surroundings.fileExists(self.cache) else {
            throw CommandFailure(.notFound, "a cache expected, none found at \(self.cache)")
        }

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
}
