internal import ArgumentParser

/// `khachd check-config`.
struct CheckConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Says what would hold, and who says so; opens nothing.",
        discussion: """
            Takes what `khachd serve` takes, --config FILE above all, in the environment that the \
            server has. Prints a line for each setting, and ends with 78 when one cannot be: \
            standard error has a line for each.
            """
    )

    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        print(try await self.settings.read().chosen.table)
    }
}
