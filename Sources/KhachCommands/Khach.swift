internal import ArgumentParser
internal import Foundation
internal import KhachClient
internal import KhachRPC

/// The command `khach`: everything that it understands hangs from here.
struct Khach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "khach",
        abstract: "Ask and feed a Khach server, and its offline caches.",
        discussion: """
            The server is found with --server, or KHACH_SERVER, or at \
            \(ConnectionOptions.serverDefault).
            Exit status: 0 done; 1 failure; 3 done in part; 4 not found; 5 unavailable; \
            6 somebody else saved first; 64 the command line was not understood.
            """,
        version: "0.1.0",
        subcommands: [
            BusinessCommands.self, PageCommands.self, InteractionCommands.self,
            CustomerCommands.self, ContactCommands.self, AuditCommand.self,
            StatisticsCommand.self, SyncCommand.self, TokenCommands.self, ProfileCommands.self,
            OfflineCommands.self, CallCommand.self, MethodsCommand.self, HealthCommand.self,
            SampleCommands.self,
        ]
    )
}

/// The whole program without its process: arguments in, exit status out.
public enum CommandLineTool {
    /// Runs the process's own arguments, and ends the process with the status.
    public static func main() async -> Never {
        exit(await self.run(Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs the command that `arguments` (without the program's name) describe, and says what went
    /// wrong on the console, in one line.
    public static func run(_ arguments: [String]) async -> Int32 {
        let console = Surroundings.current.console
        do {
            var command = try Khach.parseAsRoot(GlobalOptions.hoisted(arguments))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ExitStatus.done.rawValue
        } catch is CancellationError {
            return ExitStatus.failure.rawValue
        } catch {
            guard Self.isOfTheWork(error) else { return self.explain(error, on: console) }

            let failure = CommandFailure.explaining(error)
            console.writeError("khach: \(failure.message)\n")
            return failure.status.rawValue
        }
    }

    /// Whether the command line was understood, and what it asked for went wrong.
    private static func isOfTheWork(_ error: any Error) -> Bool {
        error is CommandFailure || error is RPCError || error is ClientError || error is CocoaError
    }

    /// Help, versions and completion scripts are answers; the rest are complaints.
    private static func explain(_ error: any Error, on console: Console) -> Int32 {
        let code = Khach.exitCode(for: error).rawValue
        let message = Khach.fullMessage(for: error)
        guard !message.isEmpty else { return code }

        if code == ExitStatus.done.rawValue {
            console.write(message + "\n")
        } else {
            console.writeError(message + "\n")
        }
        return code
    }
}
