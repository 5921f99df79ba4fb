internal import ArgumentParser

/// `khach contacts …`.
struct ContactCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Phones and e-mail addresses: by hand, and where they come from.",
        subcommands: [
            ContactAdd.self, ContactReject.self, ContactPin.self, ContactUnpin.self,
            ContactExplain.self, ContactRedetect.self,
        ]
    )
}
