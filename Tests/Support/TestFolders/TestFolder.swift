internal import Foundation
internal import Glibc

/// A folder of its own for one test, removed with it.
///
/// All of a process are in one folder, which goes with the process. One that was ended on the way
/// leaves it, and the next one removes it, with what is mounted in it.
package final class TestFolder: Sendable {
    private static let prefix = "khach-tests-"
    private static let root = TestFolder.makeRoot()

    package let path: String

    package init() throws {
        self.path = "\(Self.root)/\(String(UInt32.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(
            atPath: self.path,
            withIntermediateDirectories: false
        )
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    package func path(_ name: String) -> String { "\(self.path)/\(name)" }

    /// Runs `body` with a folder that is there until it returns.
    package static func with<Answer>(
        _ body: (TestFolder) async throws -> Answer
    ) async throws -> Answer {
        let folder = try TestFolder()
        defer { withExtendedLifetime(folder) {} }
        return try await body(folder)
    }

    // MARK: The folder of the process

    private static func makeRoot() -> String {
        let all = FileManager.default.temporaryDirectory.path
        let root = "\(all)/\(self.prefix)\(getpid())"
        self.sweep(all)
        // A lock says that the process is there, whoever asks.
        guard
            (try? FileManager.default.createDirectory(
                atPath: root,
                withIntermediateDirectories: true
            )) != nil, self.lock(root) != nil
        else { preconditionFailure("\(root): a folder of this process expected, none made") }

        atexit { try? FileManager.default.removeItem(atPath: TestFolder.root) }
        return root
    }

    /// Removes the folders of processes that are gone.
    private static func sweep(_ all: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: all)) ?? []
        for name in names where name.hasPrefix(self.prefix) {
            let root = "\(all)/\(name)"
            guard let descriptor = self.lock(root) else { continue }

            self.unmount(in: root)
            try? FileManager.default.removeItem(atPath: root)
            close(descriptor)
        }
    }

    /// The descriptor that holds a folder's lock; `nil` when somebody else does.
    private static func lock(_ root: String) -> Int32? {
        let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func unmount(in root: String) {
        let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 1, words[1].hasPrefix("\(root)/") else { continue }

            umount2(String(words[1]), Int32(MNT_DETACH))
        }
    }
}
