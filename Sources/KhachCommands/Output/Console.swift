internal import Foundation

/// Where a command writes: results to one side, complaints and progress to the other.
struct Console: Sendable {
    var write: @Sendable (String) -> Void
    var writeError: @Sendable (String) -> Void
    /// Whether a person watches the side of the progress bar.
    var showsProgress: Bool
    /// Columns of the terminal.
    var width: Int

    static let process = Console(
        write: { text in FileHandle.standardOutput.write(Data(text.utf8)) },
        writeError: { text in FileHandle.standardError.write(Data(text.utf8)) },
        showsProgress: isatty(STDERR_FILENO) == 1,
        width: ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 100
    )
}
