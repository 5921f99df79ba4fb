internal import ArgumentParser

/// `khach business …`.
struct BusinessCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "business",
        abstract: "Businesses: each has its own customers.",
        subcommands: [BusinessCreate.self, BusinessUpdate.self, BusinessList.self]
    )
}
