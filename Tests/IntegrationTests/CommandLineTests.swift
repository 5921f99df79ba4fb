internal import Foundation
internal import Glibc
internal import Testing

/// What a shell sees of `khach`.
@Suite("The command line in a shell")
struct CommandLineTests {
    @Test("a reader that leaves ends the writer quietly, by the signal of a pipe")
    func pipe() throws {
        let result = try Self.shell("{ \"$0\" sample --out -; echo $? >&2; } | head -1")
        #expect(result.lines.count == 1)
        #expect(result.errors == "141\n")
    }

    @Test("a full disk is one line and status 1")
    func fullDisk() throws {
        let result = try Self.shell("\"$0\" methods >/dev/full; echo $?")
        #expect(result.output == "1\n")
        #expect(
            result.errors == "khach: standard output that can be written expected, "
                + "found: no space left on device\n"
        )
    }

    private static func shell(_ script: String) throws -> CommandResult {
        try run(
            URL(filePath: "/bin/bash"),
            ["-c", script, Binaries.url("khach").path]
        )
    }
}
