internal import ArgumentParser

/// `khach customers name ID TEXT`.
struct CustomerRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "name",
        abstract: "Show, save or clear the name that somebody entered for a customer.",
        discussion: """
            It is shown before every name of the channel, until it is cleared. As with `address`, \
            a save that somebody came before ends with status 6.
            """
    )

    @OptionGroup var options: HandEntryOptions

    func run() async throws {
        try await self.options.run(.manualName)
    }
}
