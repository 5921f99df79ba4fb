internal import ArgumentParser

/// For whom the result is written.
enum OutputFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    /// For people.
    case table
    /// For programs: one document.
    case json
    /// For programs: one object on each line, as it arrives.
    case jsonl

    /// One object for programs: indented as a document, else on one line.
    func text(_ object: String) -> String {
        self == .jsonl ? object : JSONText.indented(object)
    }
}

/// How a command shows its result.
struct OutputOptions: ParsableArguments {
    @Option(help: "How to show the result: table, json or jsonl.")
    var output: OutputFormat = .table
}
