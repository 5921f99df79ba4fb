internal import ArgumentParser
internal import KhachClient
internal import KhachProto

/// `khach offline contacts …`.
struct OfflineContacts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contacts",
        abstract: "Change phones and e-mail addresses without a network.",
        subcommands: [
            OfflineContactAdd.self, OfflineContactReject.self, OfflineContactPin.self,
            OfflineContactUnpin.self,
        ]
    )
}

/// What every edit of a contact on a cache is asked with.
struct OfflineContactOptions: ParsableArguments {
    @OptionGroup var contact: ContactValue
    @OptionGroup var edit: OfflineEditOptions

    func run(
        _ change: (CustomerEdit.ContactKind, String) -> CustomerEdit.Change
    ) throws {
        let kind: CustomerEdit.ContactKind = self.contact.kind == .email ? .email : .phone
        try self.edit.run([self.contact.customer], change(kind, self.contact.value))
    }
}

/// `khach offline contacts add CUSTOMER VALUE`.
struct OfflineContactAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a phone or an e-mail address by hand, also one that was rejected."
    )

    @OptionGroup var options: OfflineContactOptions

    func run() async throws { try self.options.run { .addContact($0, $1) } }
}

/// `khach offline contacts reject CUSTOMER VALUE`.
struct OfflineContactReject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject",
        abstract: "Say that a value is no contact of the customer."
    )

    @OptionGroup var options: OfflineContactOptions

    func run() async throws { try self.options.run { .rejectContact($0, $1) } }
}

/// `khach offline contacts pin CUSTOMER VALUE`.
struct OfflineContactPin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Make a value the primary one of its kind."
    )

    @OptionGroup var options: OfflineContactOptions

    func run() async throws { try self.options.run { .pinContact($0, $1) } }
}

/// `khach offline contacts unpin CUSTOMER VALUE`.
struct OfflineContactUnpin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Let the order of contacts be what it is without a pin."
    )

    @OptionGroup var options: OfflineContactOptions

    func run() async throws { try self.options.run { .unpinContact($0, $1) } }
}
