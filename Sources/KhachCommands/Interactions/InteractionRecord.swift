internal import ArgumentParser
internal import KhachRPC

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

    @Option(help: "Interactions in one call, 1 to 1000.")
    var batch = 500

    @Option(help: "Calls at the same time, 1 to 64.")
    var inFlight = 4

    @Option(help: "How often a call is repeated while the server is unavailable, 0 to 20.")
    var retries = 5

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for (name, value, range) in [
            ("--batch", self.batch, 1...1_000), ("--in-flight", self.inFlight, 1...64),
            ("--retries", self.retries, 0...20),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(range.lowerBound) to \(range.upperBound) expected for \(name), \(value) found"
            )
        }
    }

    func run() async throws {
        let source = try Source(self.file)
        var total = RecordTotal()
        do {
            try await self.connection.withClient { client in
                try await self.record(source, client, &total)
            }
        } catch {
            guard total.isStarted else { throw error }

            // What was acknowledged is recorded, whatever came later.
            total.linesCount = total.acknowledgedCount
            try total.show(as: self.output.output)
            throw CommandFailure.explaining(error).adding(
                "\(PlainText.lines(total.acknowledgedCount)) acknowledged; "
                    + "recording the same file again is safe"
            )
        }
        try total.show(as: self.output.output)
        guard total.refusedCount == 0 else {
            throw CommandFailure(
                .partial,
                "every line recorded expected, \(PlainText.lines(total.refusedCount)) refused"
            )
        }
    }

    /// Keeps at most `inFlight` calls under way; the file is read no further ahead than that.
    private func record(
        _ source: Source,
        _ client: OnlineClient,
        _ total: inout RecordTotal
    ) async throws {
        var reader = LineReader(read: source.read)
        var progress = ProgressLine(ProgressBar(label: "recording", unit: "lines"))
        total.isStarted = true
        defer {
            progress.clear()
            total.seconds = progress.seconds
        }
        try await withThrowingTaskGroup(of: InteractionBatch.Report.self) { group in
            var underWay = 0
            while let batch = try self.nextBatch(&reader) {
                if underWay == self.inFlight, let report = try await group.next() {
                    underWay -= 1
                    total.add(report, &progress)
                }
                total.linesCount += batch.lines.count
                group.addTask { try await batch.record(client, retries: self.retries) }
                underWay += 1
                let share = source.bytesCount.map { Double(reader.bytesCount) / Double(max($0, 1)) }
                progress.show(done: UInt64(total.linesCount), share: share)
            }
            while let report = try await group.next() { total.add(report, &progress) }
        }
    }

    private func nextBatch(_ reader: inout LineReader) throws -> InteractionBatch? {
        var batch = InteractionBatch()
        while batch.lines.count < self.batch, batch.bytesCount < InteractionBatch.bytesMax,
            let line = try reader.next()
        {
            if !line.isBlank { batch.append(line) }
        }
        return batch.lines.isEmpty ? nil : batch
    }
}

/// Where the lines come from.
private struct Source {
    /// `nil` when nobody can know.
    let bytesCount: UInt64?
    let read: () throws -> [UInt8]

    init(_ path: String) throws {
        guard path != "-" else {
            self.bytesCount = nil
            self.read = Surroundings.current.readInput
            return
        }

        let file = try InputFile(path)
        self.bytesCount = file.bytesCount
        self.read = file.read
    }
}
