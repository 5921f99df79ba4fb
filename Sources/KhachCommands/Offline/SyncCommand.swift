internal import ArgumentParser
internal import KhachClient

/// `khach sync`.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Bring a cache up to date, and keep it so.",
        discussion: """
            Without --once it goes on until it is interrupted, which is safe at any moment: a page \
            of changes is kept whole or not at all. --watch is told by the server when something \
            is new, and says how the cache stands; an interruption ends it with status 0.
            """
    )

    @OptionGroup var cache: CacheOptions

    @Flag(help: "End when the server has no more.")
    var once = false

    @Flag(help: "Keep the cache live: pull as soon as the server has something.")
    var watch = false

    @Option(
        help: ArgumentHelp(
            "End when the cache shows this, which an edit's reply names; at most --timeout later.",
            valueName: "position"
        )
    )
    var waitFor: String?

    @Option(help: ArgumentHelp("Pause between two pulls.", valueName: "seconds"))
    var every: Double = 5

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.every >= 0.1, self.every <= 86_400 else {
            throw ValidationError("a pause of 0.1 to 86400 seconds expected, \(self.every) found")
        }
        guard [self.once, self.watch, self.waitFor != nil].filter({ $0 }).count <= 1 else {
            throw ValidationError("one of --once, --watch and --wait-for expected, more found")
        }
    }

    func run() async throws {
        let isNew = !Surroundings.current.fileExists(self.cache.cache)
        let client = try self.cache.open(self.connection)
        do {
            try self.begin(client)
        } catch let failure as CommandFailure where failure.status == .notFound && isNew {
            // A mistyped business must not stay the business of the cache.
            self.cache.remove()
            throw failure
        }
        while !self.once, !self.watch, self.waitFor == nil {
            try await Task.sleep(for: .seconds(self.every))
            try self.turn(client)
        }
    }

    /// What is done once: a pull, the wait for a position, or the whole watch.
    private func begin(_ client: OfflineClient) throws {
        do {
            if self.watch {
                try self.watch(client)
            } else if let position = self.waitFor {
                try client.wait(for: position, timeout: .seconds(self.connection.timeout))
                try self.writeReached(client)
            } else {
                try self.turn(client)
            }
        } catch let error as ClientError {
            throw CommandFailure(error, of: self.connection)
        }
    }

    /// Where the cache is, which may be beyond what was waited for.
    private func writeReached(_ client: OfflineClient) throws {
        let state = try client.state()
        let console = Surroundings.current.console
        guard self.output.output != .table else {
            let stamp = CachedCustomers.stamp(state, now: Surroundings.current.now())
            return console.write(stamp + "\n")
        }

        var lines = JSONLines()
        lines.begin()
        lines.write("position", try client.position())
        lines.write("seq", "\(state.seq)")
        lines.write("asOf", state.asOfMilliseconds.map(JSONLines.time) ?? "")
        lines.end()
        let json = String(decoding: lines.bytes.dropLast(), as: UTF8.self)
        console.write((self.output.output == .jsonl ? json : JSONText.indented(json)) + "\n")
    }

    /// Keeps the cache live until it is interrupted.
    private func watch(_ client: OfflineClient) throws {
        let line = WatchLine(self.output.output)
        let watch = try Watch(client) { report in line.show(report) }
        let interruption = Interruption { watch.stop() }
        defer { line.end() }
        try withExtendedLifetime(interruption) { try watch.run() }
    }

    /// Pulls once.
    ///
    /// Unless it is the only time, an absent server is reported and waited for: the cache stays as
    /// it was.
    private func turn(_ client: OfflineClient) throws {
        do {
            try self.pull(client)
        } catch let error as ClientError {
            let failure = CommandFailure(error, of: self.connection)
            guard error.isRetryable, !self.once else { throw failure }

            Surroundings.current.console.writeError("khach: \(failure.message)\n")
        }
    }

    /// Pulls page after page until the server has no more.
    ///
    /// Blocks its thread, of which a command has no other use.
    private func pull(_ client: OfflineClient) throws {
        var progress = ProgressLine(ProgressBar(label: "syncing", unit: "customers"))
        var summary = SyncSummary()
        defer { progress.clear() }
        var hasMore = true
        while hasMore {
            let page = try client.syncStep()
            summary.add(page)
            hasMore = page.hasMore
            progress.show(done: summary.changedCount, share: Self.share(page))
        }
        progress.clear()
        summary.seconds = progress.seconds
        guard summary.rowsCount + summary.pushedCount > 0 || self.once else { return }

        let state = try client.state()
        summary.show(state)
        self.write(summary, state)
    }

    private func write(_ summary: SyncSummary, _ state: CacheState) {
        let console = Surroundings.current.console
        switch self.output.output {
        case .table:
            let stamp = CachedCustomers.stamp(state, now: Surroundings.current.now())
            console.write(summary.text(stamp: stamp))
        case .json: console.write(JSONText.indented(summary.json) + "\n")
        case .jsonl: console.write(summary.json + "\n")
        }
    }

    /// How far the first pass is; later pulls are short and have no whole.
    private static func share(_ page: SyncProgress) -> Double? {
        guard page.customersEstimate > 0 else { return nil }

        // An estimate can be passed by customers who come meanwhile: not done until it is done.
        let share = Double(page.customersCount) / Double(page.customersEstimate)
        return page.hasMore ? min(share, 0.99) : 1
    }
}

extension SyncSummary {
    fileprivate mutating func add(_ page: SyncProgress) {
        self.changedCount += page.upsertsCount
        self.goneCount += page.tombstonesCount
        self.bytesCount += page.pageBytes
        self.pushedCount += page.pushedCount
    }

    fileprivate mutating func show(_ state: CacheState) {
        self.customersCount = state.customersCount
        self.failedCount = state.failedCount
        self.seq = state.seq
        self.asOf = state.asOfMilliseconds.map(JSONLines.time) ?? ""
    }
}
