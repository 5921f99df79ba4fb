internal import ArgumentParser
internal import Foundation
internal import Glibc
internal import KhachCore
internal import Logging

/// `khachd serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves until SIGTERM or SIGINT.",
        discussion: """
            Prints one line "listening ADDRESS" on standard output for each address, and logs to \
            standard error. Ends with 0 after an orderly stop, with 78 for a setting that cannot \
            be, with 70 when a commit failed and the store must be recovered by a restart.

            \(SettingsArguments.help)
            """
    )

    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let configuration = try await self.settings.read().configuration
        let format = configuration.logFormat
        LoggingSystem.bootstrap { _ in LineLogHandler(format: format) }
        var logger = Logger(label: "khachd")
        logger.logLevel = configuration.logLevel
        do {
            let daemon = Daemon(
                configuration: configuration,
                logger: logger,
                notifySocket: ProcessInfo.processInfo.environment["NOTIFY_SOCKET"]
            )
            try await daemon.run { line in
                print(line)
                fflush(nil)
            }
        } catch {
            Failures.complain(Self.sentence(error))
            throw ExitCode.failure
        }
    }

    /// What went wrong, for a person.
    private static func sentence(_ error: any Error) -> String {
        switch error {
        case let error as StoreError: error.message
        case let error as ListenError:
            "an address to listen on expected, \(error.address) found: \(error.cause)"
        case let error as EndedListener: "\(error.address): a listener expected, it ended by itself"
        default: "\(error)"
        }
    }
}
