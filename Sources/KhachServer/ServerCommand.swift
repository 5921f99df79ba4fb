package import ArgumentParser
internal import Glibc
internal import KhachCore
internal import KhachService
internal import Logging
internal import TTRPCNIO

/// `khachd`: the server's command line.
package struct ServerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "khachd",
        abstract: "The Khach server: keeps the customers of shops that sell through chat.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, InitCommand.self, BackupCommand.self, RestoreCommand.self,
            CheckCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )

    package init() {}
}

/// `khachd serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves until SIGTERM or SIGINT.",
        discussion: """
            Prints one line "listening ADDRESS" on standard output for each address, then "listening \
            grpc ADDRESS" where gRPC is served, and logs to standard error. Ends with 0 after an orderly stop, with 78 for a setting that cannot \
            be, with 70 when a commit failed and the store must be recovered by a restart.
            """
    )

    @Option(help: "The folder of the store; made if it is not there.")
    var data: String

    @Option(help: "unix:/PATH or tcp:HOST:PORT; port 0 takes a free one. May be repeated.")
    var listen: [String] = [Configuration.listenDefault]

    @Option(help: "tcp:127.0.0.1:PORT where the same methods are served over gRPC.")
    var grpc: String?

    @Option(help: "Threads that serve connections.")
    var loops: Int = 1

    @Option(help: "Seconds that running calls may take to end after SIGTERM.")
    var drain: Int = 25

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    @Option(help: "Days that texts are kept after they were received; without it, for good.")
    var keepTexts: Int?

    @Option(help: "How long deletions are told to caches one by one, such as 90d, 12h, 30m, 10s.")
    var keepTombstones = KeepingTime(seconds: TombstoneRetention.secondsDefault)

    @Flag(help: "Listen on addresses that other machines can reach, although nothing is encrypted.")
    var allowPlaintext = false

    func run() async throws {
        let configuration: Configuration
        do {
            configuration = try self.readConfiguration()
        } catch {
            Self.complain("\(error)")
            throw ExitCode(EX_CONFIG)
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "khachd")
        logger.logLevel = configuration.logLevel
        do {
            try await Daemon(configuration: configuration, logger: logger).run { address in
                print("listening \(address)")
                fflush(nil)
            }
        } catch {
            Self.complain(Self.sentence(error))
            throw ExitCode.failure
        }
    }

    /// What went wrong, for a person.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as StoreError: error.message
        case let error as ListenError:
            "an address to listen on expected, \(error.address) found: \(error.cause)"
        default: "\(error)"
        }
    }

    private func readConfiguration() throws -> Configuration {
        guard let level = Logger.Level(rawValue: self.logLevel) else {
            throw ConfigurationError(
                "log-level: trace, debug, info, notice, warning, error or critical expected, "
                    + "found \(self.logLevel)"
            )
        }
        return try Configuration(
            dataFolder: self.data,
            addresses: try self.listen.map { try Address($0) },
            grpc: try self.grpc.map { try Address($0) },
            loops: self.loops,
            drainSeconds: self.drain,
            logLevel: level,
            textDays: self.keepTexts,
            tombstoneSeconds: self.keepTombstones.seconds,
            allowsPlaintext: self.allowPlaintext
        )
    }

    private static func complain(_ text: String) {
        let line = Array("khachd: \(text)\n".utf8)
        // There is nowhere left to say that this failed.
        _ = write(STDERR_FILENO, line, line.count)
    }
}
