internal import ArgumentParser

/// `khach customers …`.
struct CustomerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "Customers, as the server has them now.",
        subcommands: [CustomerList.self, CustomerGet.self, CustomerCount.self, CustomerExport.self]
    )
}
