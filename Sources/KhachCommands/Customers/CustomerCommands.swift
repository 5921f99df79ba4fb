internal import ArgumentParser

/// `khach customers …`.
struct CustomerCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "Customers, as the server has them now; and what is changed of them.",
        subcommands: [
            CustomerList.self, CustomerSearch.self, CustomerGet.self, CustomerCount.self,
            CustomerExport.self,
            CustomerBlock.self, CustomerUnblock.self, CustomerPending.self, CustomerSettle.self,
            CustomerAddress.self, CustomerRename.self, CustomerLink.self, CustomerErase.self,
        ]
    )
}
