internal import Foundation
internal import Glibc
internal import Testing

/// `khach sync --watch` as a process: what it says, line by line.
final class WatchingCommand {
    /// How long a line is waited for; it is a fraction of a second.
    private static let secondsMax = 60

    private let child: Child
    private let output = Pipe()
    private var text = ""

    init(cache: String, business: String, server: String) throws {
        self.child = try Child(
            Binaries.url("khach"),
            [
                "sync", "--watch", "--cache", cache, "--business", business, "--server", server,
                "--output", "jsonl",
            ],
            streams: [FileHandle.nullDevice, self.output, FileHandle.nullDevice]
        )
    }

    /// Reads on until a line says this state, at least this sequence, and so many pending edits.
    func wait(
        for state: String,
        seq: UInt64 = 0,
        pending: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        while true {
            let line = try #require(self.nextLine(), sourceLocation: sourceLocation)
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let found = (object?["seq"] as? String).flatMap { UInt64($0) } ?? 0
            let waiting = object?["pending"] as? String
            if object?["state"] as? String == state, found >= seq,
                pending == nil || waiting == pending.map(String.init)
            {
                return
            }
        }
    }

    /// Sends a signal and waits for the end; the exit status.
    func stop(_ signal: Int32) -> Int32? {
        Glibc.kill(self.child.pid, signal)
        return self.child.waitUntilExit(seconds: Self.secondsMax) ? self.child.status : nil
    }

    /// `nil` at the end, and when nothing comes.
    private func nextLine() -> String? {
        while true {
            if let end = self.text.firstIndex(of: "\n") {
                let line = String(self.text[..<end])
                self.text.removeSubrange(...end)
                return line
            }
            var descriptor = pollfd(
                fd: self.output.fileHandleForReading.fileDescriptor,
                events: Int16(POLLIN),
                revents: 0
            )
            guard poll(&descriptor, 1, Int32(Self.secondsMax) * 1_000) > 0 else { return nil }

            let data = self.output.fileHandleForReading.availableData
            guard !data.isEmpty else { return nil }

            self.text += String(decoding: data, as: UTF8.self)
        }
    }
}
