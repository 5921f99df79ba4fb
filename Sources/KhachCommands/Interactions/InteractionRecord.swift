internal import ArgumentParser

/// `khach interactions record FILE`.
struct InteractionRecord: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record interactions from lines of JSON.",
        discussion: """
            Each line is a khach.v1.Interaction in protobuf JSON. A line that cannot be recorded \
            is reported with its number, and the rest goes on; then the exit status is 3. \
            Recording the same file again is safe.
            """
    )

    @Argument(help: "The file; - reads standard input.", completion: .file())
    var file: String

    @OptionGroup var options: RecordOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let source = try RecordSource(self.file)
        var recorder = Recorder(
            LineReader(read: source.read),
            bytesCount: source.bytesCount,
            options: self.options,
            total: RecordTotal(.interactions)
        ) { line in InteractionLine.items(line) }
        try await recorder.run(self.connection, as: self.output.output)
    }
}
