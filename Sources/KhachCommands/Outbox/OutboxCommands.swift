internal import ArgumentParser
internal import KhachClient

/// `khach offline outbox …`.
struct OutboxCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox",
        abstract: "See what was changed on a cache, and what became of it.",
        discussion: """
            `khach sync` sends what waits. The server does each once, and answers each: done, done \
            otherwise, refused, or overtaken by somebody else's save.
            """,
        subcommands: [
            OutboxList.self, OutboxRetry.self, OutboxDiscard.self, OutboxExport.self,
        ],
        defaultSubcommand: OutboxList.self
    )
}

/// `khach offline outbox list`.
struct OutboxList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show what waits and what was not done."
    )

    @Flag(help: "Also what was done.")
    var all = false

    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let all = try client.outbox()
        let shown = self.all ? all : all.filter { !$0.isDone }
        try OutboxTable.show(shown, client, as: self.output.output)
    }
}

/// `khach offline outbox retry NUMBER…`.
struct OutboxRetry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Make what was not done once more, against what is stored now."
    )

    @Argument(help: "The numbers of the mutations.")
    var ids: [UInt64]

    @OptionGroup var cache: CacheOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        var made: [UInt64] = []
        for id in self.ids { made.append(try client.retryMutation(id)) }
        let all = try client.outbox()
        try OutboxTable.show(all.filter { made.contains($0.id) }, client, as: self.output.output)
    }
}

/// `khach offline outbox discard NUMBER…`.
struct OutboxDiscard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Take back what was never sent, or take off the list what was not done."
    )

    @Argument(help: "The numbers of the mutations.")
    var ids: [UInt64]

    @OptionGroup var cache: CacheOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        for id in self.ids { try client.discardMutation(id) }
    }
}

/// `khach offline outbox export`.
struct OutboxExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all of the outbox as JSON, a mutation a line."
    )

    @OptionGroup var cache: CacheOptions

    func run() async throws {
        let client = try self.cache.openExisting()
        let lines = try client.outbox().map { OutboxTable.json($0) + "\n" }
        Surroundings.current.console.write(lines.joined())
    }
}
