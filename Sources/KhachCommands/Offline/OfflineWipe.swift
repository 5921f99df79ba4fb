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

    /// Edits that wait for the server are not lost unasked; nor are those that may wait in a cache
    /// that is damaged, in use, or of a newer khach.
    private func refuseEdits() throws {
        guard !self.discardEdits else { return }

        let waiting: UInt64
        do throws(ClientError) {
            waiting = try OfflineClient.open(cachePath: self.cache).state().waitingCount
        } catch {
            guard error.code != .cacheForeign else { throw error }

            throw CommandFailure(
                .failure,
                "a cache whose edits can be counted expected, found: \(error.message); "
                    + "--discard-edits gives up what may wait in it"
            )
        }
        guard waiting == 0 else {
            throw CommandFailure(
                .failure,
                "a cache without edits that wait expected, \(waiting) found: khach sync sends "
                    + "them, --discard-edits gives them up"
            )
        }
    }
}
