internal import Foundation
internal import Glibc

/// Where a command writes: results to one side, complaints and progress to the other.
struct Console: Sendable {
    private static let widthDefault = 80

    var write: @Sendable (String) -> Void
    var writeError: @Sendable (String) -> Void
    /// Whether a person watches the side of the progress bar.
    var showsProgress: Bool
    /// Columns of the terminal, as it is now.
    var width: @Sendable () -> Int
    /// Whether results may have colours: a terminal, and nobody who set NO_COLOR.
    var showsColors = false

    static let process = Console(
        write: { text in StandardStream.output.write(text) },
        writeError: { text in StandardStream.error.write(text) },
        showsProgress: isatty(STDERR_FILENO) == 1,
        width: {
            var size = winsize()
            _ = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
            return Self.width(
                terminal: Int(size.ws_col),
                environment: ProcessInfo.processInfo.environment
            )
        },
        showsColors: isatty(STDOUT_FILENO) == 1
            && Self.allowsColors(ProcessInfo.processInfo.environment)
    )

    /// https://no-color.org: set and not empty, whatever it says.
    static func allowsColors(_ environment: [String: String]) -> Bool {
        (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// What the terminal says; else `COLUMNS`; else 80.
    static func width(terminal: Int, environment: [String: String]) -> Int {
        let named = environment["COLUMNS"].flatMap { Int($0) } ?? 0
        return [terminal, named].first { $0 > 0 } ?? Self.widthDefault
    }
}
