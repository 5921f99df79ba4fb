internal import ArgumentParser
internal import KhachClient

/// `khach sync`
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Bring a cache up to date, and keep it so.",
        discussion: """
            Without --once it goes on until it is interrupted, which is safe at any moment: a page \
            of changes is kept whole or not at all.
            """
    )

    @OptionGroup var cache: CacheOptions

    @Flag(help: "End when the server has no more.")
    var once = false

    @Option(help: ArgumentHelp("Pause between two pulls.", valueName: "seconds"))
    var every: Double = 5

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard self.every >= 0.1, self.every <= 86_400 else {
            throw ValidationError("a pause of 0.1 to 86400 seconds expected, \(self.every) found")
        }
    }

    func run() async throws {
        let client = try self.cache.open(address: self.connection.address)
        try self.turn(client)
        while !self.once {
            try await Task.sleep(for: .seconds(self.every))
            try self.turn(client)
        }
    }

    /// Pulls once. Unless it is the only time, an absent server is reported and waited for: the
    /// cache stays as it was.
    private func turn(_ client: OfflineClient) throws {
        do {
            try self.pull(client)
        } catch let error as ClientError where error.isRetryable && !self.once {
            Surroundings.current.console.writeError("khach: \(CommandFailure(error).message)\n")
        }
    }

    /// Pulls page after page until the server has no more. Blocks its thread, of which a command
    /// has no other use.
    private func pull(_ client: OfflineClient) throws {
        var progress = ProgressLine(ProgressBar(label: "syncing", unit: "customers"))
        var total = Total()
        repeat {
            let page = try client.syncStep()
            total.add(page)
            progress.show(done: total.upserts, share: Self.share(page))
        } while total.hasMore
        progress.clear()
        let state = try client.state()
        guard total.hasChanges || self.once else { return }

        let stamp = CachedCustomers.stamp(state, now: Surroundings.current.now())
        Surroundings.current.console.write(
            "\(total.upserts) changed, \(total.tombstones) gone, \(total.bytes) bytes; "
                + "\(state.customersCount) customers \(stamp)\n"
        )
    }

    /// How far the first pass is; later pulls are short and have no whole.
    private static func share(_ page: SyncProgress) -> Double? {
        guard page.customersEstimate > 0 else { return nil }

        // An estimate can be passed by customers who come meanwhile: not done until it is done.
        let share = Double(page.customersCount) / Double(page.customersEstimate)
        return page.hasMore ? min(share, 0.99) : 1
    }

    private struct Total {
        var upserts: UInt64 = 0
        var tombstones: UInt64 = 0
        var bytes: UInt64 = 0
        var hasMore = false

        var hasChanges: Bool { self.upserts + self.tombstones > 0 }

        mutating func add(_ page: SyncProgress) {
            self.upserts += page.upsertsCount
            self.tombstones += page.tombstonesCount
            self.bytes += page.pageBytes
            self.hasMore = page.hasMore
        }
    }
}
