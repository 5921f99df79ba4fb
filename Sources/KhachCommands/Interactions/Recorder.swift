internal import KhachRPC

/// Has the lines of a file recorded, in batches, several under way at a time.
///
/// Knows neither files nor what a line means: `lines` gives the one, `read` tells the other.
struct Recorder<Lines: LineSource> {
    /// Profiles that are held back until what precedes them is recorded.
    private static var profilesHeldMax: Int { InteractionBatch.itemsMax }

    var lines: Lines
    /// Of the file; `nil` when nobody can know.
    let bytesCount: UInt64?
    let options: RecordOptions
    /// Whether lines are read one after another, since what one means depends on those before it.
    let readsInOrder: Bool
    let read: @Sendable (LineReader.Line) -> [LineItem]
    var total: RecordTotal
    private var profiles: [InteractionBatch.Profile] = []
    private var progress = ProgressLine(ProgressBar(label: "recording", unit: "lines"))

    init(
        _ lines: Lines,
        bytesCount: UInt64?,
        options: RecordOptions,
        total: RecordTotal,
        readsInOrder: Bool = false,
        read: @escaping @Sendable (LineReader.Line) -> [LineItem]
    ) {
        self.lines = lines
        self.bytesCount = bytesCount
        self.options = options
        self.total = total
        self.readsInOrder = readsInOrder
        self.read = read
    }

    /// Records everything and shows the totals; of what was refused it says so at the end.
    mutating func run(_ connection: ConnectionOptions, as format: OutputFormat) async throws {
        do {
            try await connection.withClient { client in try await self.record(client) }
        } catch {
            guard self.total.isStarted else { throw error }

            // What was acknowledged is recorded, whatever came later.
            try self.total.show(as: format)
            throw CommandFailure.explaining(error).adding(
                "\(PlainText.lines(self.total.linesCount)) acknowledged; "
                    + "recording the same file again is safe"
            )
        }
        try self.total.show(as: format)
        try self.total.checkRefusals()
    }

    /// Keeps at most `inFlight` calls under way; the file is read no further ahead than that.
    private mutating func record(_ client: OnlineClient) async throws {
        let (retries, read) = (self.options.retries, self.read)
        self.total.isStarted = true
        defer {
            self.progress.clear()
            self.total.seconds = self.progress.seconds
        }
        try await withThrowingTaskGroup(of: InteractionBatch.Report.self) { group in
            var underWay = 0
            var startedCount = 0
            while let batch = try self.nextBatch() {
                if underWay == self.options.inFlight, let report = try await group.next() {
                    underWay -= 1
                    self.take(report)
                }
                if self.profiles.count >= Self.profilesHeldMax {
                    while let report = try await group.next() { self.take(report) }
                    underWay = 0
                    try await self.recordProfiles(client)
                }
                startedCount += batch.lines.count
                let contents = self.readsInOrder ? batch.contents(read) : nil
                group.addTask {
                    let contents = contents ?? batch.contents(read)
                    return try await contents.record(client, retries: retries)
                }
                underWay += 1
                self.showProgress(startedCount)
            }
            while let report = try await group.next() { self.take(report) }
        }
        try await self.recordProfiles(client)
    }

    private mutating func nextBatch() throws -> InteractionBatch? {
        try self.lines.nextBatch(of: self.options.batch)
    }

    private mutating func take(_ report: InteractionBatch.Report) {
        self.profiles += report.profiles
        self.add(report)
    }

    /// A profile makes no customer (N4): everything before it must be recorded by now.
    private mutating func recordProfiles(_ client: OnlineClient) async throws {
        while !self.profiles.isEmpty {
            var report = InteractionBatch.Report()
            try await report.record(
                self.profiles.prefix(InteractionBatch.itemsMax),
                client,
                retries: self.options.retries
            )
            self.profiles.removeFirst(min(self.profiles.count, InteractionBatch.itemsMax))
            self.add(report)
        }
    }

    private mutating func add(_ report: InteractionBatch.Report) {
        if !report.refusals.isEmpty { self.progress.clear() }
        self.total.add(report)
    }

    private mutating func showProgress(_ startedCount: Int) {
        let taken = Double(self.lines.bytesCount)
        let share = self.bytesCount.map { taken / Double(max($0, 1)) }
        self.progress.show(done: UInt64(startedCount), share: share)
    }
}

extension LineSource {
    /// The next lines that are not empty; `nil` when there are none.
    mutating func nextBatch(of count: Int) throws -> InteractionBatch? {
        var batch = InteractionBatch()
        while batch.lines.count < count, batch.bytesCount < InteractionBatch.bytesMax,
            let line = try self.next()
        {
            if !line.isBlank { batch.append(line) }
        }
        return batch.lines.isEmpty ? nil : batch
    }
}
