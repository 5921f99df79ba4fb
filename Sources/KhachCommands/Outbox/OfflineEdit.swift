internal import ArgumentParser
internal import KhachClient

/// What every edit of a cache is asked with.
struct OfflineEditOptions: ParsableArguments {
    @OptionGroup var author: ActorOptions
    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    /// Makes an edit of each customer; those before one that is refused are kept.
    func run(_ customers: [String], _ change: CustomerEdit.Change) throws {
        let client = try self.cache.openExisting()
        var made: [UInt64] = []
        for customer in customers {
            let edit = CustomerEdit(
                customerID: customer,
                actor: self.author.name,
                change: change
            )
            do throws(ClientError) {
                made.append(try client.mutate(edit))
            } catch {
                if !made.isEmpty { try self.show(made, client) }
                throw error
            }
        }
        try self.show(made, client)
    }

    private func show(_ made: [UInt64], _ client: OfflineClient) throws {
        let all = try client.outbox()
        try OutboxTable.show(all.filter { made.contains($0.id) }, client, as: self.output.output)
    }
}

/// `khach offline address ID TEXT`.
struct OfflineAddress: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "address",
        abstract: "Save or clear an address without a network."
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @Argument(help: "The text to save.")
    var text: String?

    @Flag(help: "Save that there is none.")
    var clear = false

    @OptionGroup var edit: OfflineEditOptions

    func validate() throws { try Self.validate(self.text, self.clear) }

    func run() async throws {
        try self.edit.run([self.id], .address(self.text ?? ""))
    }

    static func validate(_ text: String?, _ clear: Bool) throws {
        guard (text ?? "").isEmpty == clear else {
            throw ValidationError("a text or --clear expected, \(clear ? "both" : "neither") found")
        }
    }
}

/// `khach offline rename ID TEXT`.
struct OfflineRename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Save or clear a name by hand without a network."
    )

    @Argument(help: "The id of the customer.")
    var id: String

    @Argument(help: "The name to save.")
    var text: String?

    @Flag(help: "Save that there is none.")
    var clear = false

    @OptionGroup var edit: OfflineEditOptions

    func validate() throws { try OfflineAddress.validate(self.text, self.clear) }

    func run() async throws {
        try self.edit.run([self.id], .manualName(self.text ?? ""))
    }
}

/// `khach offline block ID…`.
struct OfflineBlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Block customers without a network.",
        discussion: "Whether it can be, the server says: somebody may have a role on the page."
    )

    @OptionGroup var customers: CustomerIDs

    @Option(help: ArgumentHelp("Why, for the record; at most 500 bytes.", valueName: "text"))
    var reason = ""

    @OptionGroup var edit: OfflineEditOptions

    func run() async throws {
        try self.edit.run(try self.customers.all(), .block(reason: self.reason))
    }
}

/// `khach offline unblock ID…`.
struct OfflineUnblock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unblock",
        abstract: "Unblock customers without a network."
    )

    @OptionGroup var customers: CustomerIDs

    @Option(help: ArgumentHelp("Why, for the record; at most 500 bytes.", valueName: "text"))
    var reason = ""

    @OptionGroup var edit: OfflineEditOptions

    func run() async throws {
        try self.edit.run(try self.customers.all(), .unblock(reason: self.reason))
    }
}
