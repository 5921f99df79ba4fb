internal import Foundation
internal import Glibc
internal import KhachRPC

/// What a command finds around it: the environment, the console, the network, the clock.
///
/// A task-local value, since ArgumentParser makes the commands and hands nothing in. A test puts
/// its own in place of the process's.
struct Surroundings: Sendable {
    @TaskLocal static var current = Surroundings.process

    var environment: [String: String]
    var console: Console
    /// Connects to an address, with a token's secret and the files of TLS; the last is how long
    /// a call may take.
    var connect:
        @Sendable (String, String?, TLSFiles, Duration?) async throws(RPCError) -> OnlineClient
    /// The next piece of standard input, empty at its end.
    var readInput: @Sendable () throws -> [UInt8]
    var fileExists: @Sendable (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
    /// The login name of who runs the command; empty when the system knows none.
    var userName: @Sendable () -> String = { NSUserName() }
    /// Whether a person is at the terminal, who can be asked.
    var canAsk = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    /// The line that the person types.
    var answer: @Sendable () -> String = { readLine() ?? "" }
    /// Seconds since 1970.
    var now: @Sendable () -> Double

    static let process = Surroundings(
        environment: ProcessInfo.processInfo.environment,
        console: .process,
        connect: { (address, token, tls, timeout) async throws(RPCError) -> OnlineClient in
            try await OnlineClient.connect(to: address, token: token, tls: tls, timeout: timeout)
        },
        readInput: {
            Array(try FileHandle.standardInput.read(upToCount: LineReader.pieceBytes) ?? Data())
        },
        now: { Date().timeIntervalSince1970 }
    )
}
