internal import ArgumentParser

/// `khach sample …`.
struct SampleCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Made-up shops and interactions, always the same.",
        discussion: """
            khach sample setup --size S, then khach sample --size S --out - | \
            khach interactions record - fills a server.
            """,
        subcommands: [SampleWrite.self, SampleSetup.self],
        defaultSubcommand: SampleWrite.self
    )
}

/// Which sample.
struct SampleOptions: ParsableArguments {
    @Option(help: "S: 3 businesses, 10 thousand customers, 60 thousand lines; M: ten times that.")
    var size: SampleSize = .small

    @Option(help: "Another seed, another sample.")
    var seed: UInt64 = 1
}
