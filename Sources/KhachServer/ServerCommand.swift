package import ArgumentParser

/// `khachd`: the server's command line.
package struct ServerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "khachd",
        abstract: "The Khach server: keeps the customers of shops that sell through chat.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, InitCommand.self, BackupCommand.self, RestoreCommand.self,
            CheckCommand.self, CheckConfigCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    package init() {}
}
