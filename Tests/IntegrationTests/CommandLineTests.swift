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

    @Test("a business that is not there leaves no cache, and the address of no server is named")
    func mistyped() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let cache = folder.path("cache.db")
        let sync = [
            "sync", "--once", "--cache", cache, "--business", "b0000000000999", "--server",
            daemon.address,
        ]
        #expect(try khach(sync).status == 4)
        #expect(!FileManager.default.fileExists(atPath: cache))
        #expect(!FileManager.default.fileExists(atPath: cache + "-lock"))
        #expect(daemon.kill(SIGTERM) == 0)

        let alone = try khach(sync)
        #expect(alone.status == 5)
        #expect(alone.errors.contains(daemon.address))
        let health = try khach(["health", "--server", daemon.address])
        #expect(
            health.errors == "khach: no connection to \(daemon.address): connection refused\n"
        )
    }

    @Test("a search that shows a part says so, to people and to programs")
    func partOfSearch() throws {
        let folder = try TemporaryFolder()
        let daemon = try Daemon.khachd(folder)
        let server = ["--server", daemon.address]
        let made = try khach(["sample", "setup", "--output", "jsonl"] + server)
        let business = try #require(try made.objects().first?["id"] as? String)
        let lines = try khach(["sample"]).lines.prefix(300).joined(separator: "\n")
        _ = try khach(["interactions", "record", "-"] + server, input: Data(lines.utf8))
        let cache = folder.path("cache.db")
        _ = try khach(["sync", "--once", "--cache", cache, "--business", business] + server)
        #expect(daemon.kill(SIGTERM) == 0)

        let search = ["offline", "search", "n", "--cache", cache, "--limit"]
        let part = try khach(search + ["1", "--output", "json"]).object()
        #expect((part["nextPageToken"] as? String)?.isEmpty == false)
        #expect((part["customers"] as? [Any])?.count == 1)
        #expect(try khach(search + ["1"]).output.contains("1 customer (there are more: --all)"))
        let whole = try khach(search.dropLast() + ["--all", "--output", "json"]).object()
        #expect(whole["nextPageToken"] == nil)
    }

    private static func shell(_ script: String) throws -> CommandResult {
        try run(
            URL(filePath: "/bin/bash"),
            ["-c", script, Binaries.url("khach").path]
        )
    }
}
