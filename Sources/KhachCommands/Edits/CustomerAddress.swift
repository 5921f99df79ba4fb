internal import ArgumentParser

/// `khach customers address ID TEXT`.
struct CustomerAddress: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "address",
        abstract: "Show, save or clear the address of a customer.",
        discussion: """
            Without --revision, the save is made against the address as it is now. When somebody \
            else saved since the revision, nothing is saved, both texts are shown, and the exit \
            status is 6.
            """
    )

    @OptionGroup var options: HandEntryOptions

    func run() async throws {
        try await self.options.run(.address)
    }
}
