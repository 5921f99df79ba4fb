internal import ArgumentParser
internal import KhachClient

/// `khach offline verify`.
struct OfflineVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare a cache with its server, byte for byte.",
        discussion: """
            Syncs first, and mends nothing. Ends with status 1 when they differ; `khach offline \
            repair` mends what differs.
            """
    )

    @OptionGroup var cache: CacheOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let comparison = try self.cache.compare(self.connection) { client throws(ClientError) in
            try client.verify()
        }
        ComparisonText(comparison).write(as: self.output.output)
        guard comparison.isEqual, !comparison.isUnverified else {
            throw CommandFailure(.failure, ComparisonText(comparison).complaint)
        }
    }
}

/// `khach offline repair`.
struct OfflineRepair: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Make a cache equal to its server.",
        discussion: """
            Syncs, compares, fetches what differs and drops what the server does not have. A cache \
            that would lose a quarter of its customers, and a hundred, is left as it is unless \
            --accept-shrink says that it shall.
            """
    )

    @OptionGroup var cache: CacheOptions

    @Flag(help: "Also when the server has far fewer customers than the cache.")
    var acceptShrink = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let comparison = try self.cache.compare(self.connection) { client throws(ClientError) in
            try client.repair(acceptingShrink: self.acceptShrink)
        }
        ComparisonText(comparison).write(as: self.output.output)
        guard !comparison.isUnverified else {
            throw CommandFailure(.failure, ComparisonText(comparison).complaint)
        }
    }
}

extension CacheOptions {
    /// Compares a cache that is there with its server.
    fileprivate func compare(
        _ connection: ConnectionOptions,
        _ body: (OfflineClient) throws(ClientError) -> Comparison
    ) throws -> Comparison {
        guard Surroundings.current.fileExists(self.cache) else {
            throw CommandFailure(.notFound, "a cache expected, none found at \(self.cache)")
        }

        let client = try self.open(connection)
        do throws(ClientError) {
            return try body(client)
        } catch {
            throw CommandFailure(error, of: connection)
        }
    }
}
