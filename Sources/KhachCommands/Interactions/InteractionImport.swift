internal import ArgumentParser
internal import KhachChannels
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization

/// `khach interactions import FILE --format facebook`.
struct InteractionImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Record interactions from webhook bodies of a platform.",
        discussion: """
            Each line is one webhook body as the platform sent it; a file that is one JSON \
            document, or a list of bodies, may be spread over lines. What cannot be read is \
            reported with its line and its place in the body, and the rest goes on; then the exit \
            status is 3. Importing the same file again is safe.
            """
    )

    @Argument(help: "The file; - reads standard input.", completion: .file())
    var file: String

    @Option(help: "Whose webhooks they are: facebook, instagram, zalo or shopee.")
    var format: WebhookFormat

    @Flag(help: "Print what would be recorded, and call no server.")
    var dryRun = false

    @OptionGroup var options: RecordOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let source = try RecordSource(self.file)
        let reader = WebhookReader(self.format)
        let bodies = BodyReader(read: source.read)
        guard !self.dryRun else { return try self.show(bodies, reader) }

        let order = Mutex(EditOrder())
        var recorder = Recorder(
            bodies,
            bytesCount: source.bytesCount,
            options: self.options,
            total: RecordTotal(.webhooks),
            readsInOrder: true
        ) { line in order.withLock { WebhookLine.items(line, reader, after: &$0) } }
        try await recorder.run(self.connection, as: self.output.output)
    }

    /// Prints interactions as `record` reads them, and profiles as `RecordProfiles` takes them.
    private func show(_ bodies: BodyReader, _ reader: WebhookReader) throws {
        let console = Surroundings.current.console
        var bodies = bodies
        var total = RecordTotal(.webhooks)
        var order = EditOrder()
        while let batch = try bodies.nextBatch(of: 1) {
            let contents = batch.contents { WebhookLine.items($0, reader, after: &order) }
            let report = contents.report
            let lines =
                try contents.interactions.map { try $0.0.jsonString() + "\n" }
                + report.profiles.map { try $0.observation.jsonString() + "\n" }
            console.write(lines.joined())
            total.add(report)
        }
        try total.show(as: self.output.output, write: console.writeError)
        try total.checkRefusals()
    }
}

extension WebhookFormat: ExpressibleByArgument {}
