internal import ArgumentParser

/// `khach page …`.
struct PageCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "page",
        abstract: "Pages: the accounts of a business on the channels.",
        subcommands: [
            PageCreate.self, PageUpdate.self, PageList.self, PageRoleCommands.self,
            PageCapabilities.self,
        ]
    )
}
