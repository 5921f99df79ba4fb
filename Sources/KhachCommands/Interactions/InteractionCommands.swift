internal import ArgumentParser

/// `khach interactions …`.
struct InteractionCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "interactions",
        abstract: "Messages and comments: what enters.",
        subcommands: [InteractionRecord.self, InteractionImport.self]
    )
}
