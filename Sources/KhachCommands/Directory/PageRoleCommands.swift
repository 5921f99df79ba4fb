internal import ArgumentParser

/// `khach page roles …`.
struct PageRoleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roles",
        abstract: "Accounts with a role on a page; they cannot be blocked.",
        subcommands: [PageRolesList.self, PageRolesSet.self]
    )
}
