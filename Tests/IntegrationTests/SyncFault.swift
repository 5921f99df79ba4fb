internal import Foundation
internal import Testing

/// What becomes of the fsyncs of a program that is started with `environment`.
struct SyncFault {
    enum Action: String {
        /// An I/O error.
        case fail
        /// Nothing is written through, and all is said to be well.
        case skip
    }

    let environment: [String: String]

    /// While `trigger` is there, those of files with `name` in their path.
    init(_ action: Action, of name: String, while trigger: String, _ folder: TemporaryFolder) throws
    {
        self.environment = try Self.environment(action, name, folder, ["SYNC_WHILE": trigger])
    }

    /// The `number`th of files with `name` in their path, and no other.
    init(_ action: Action, of name: String, at number: Int, _ folder: TemporaryFolder) throws {
        self.environment = try Self.environment(action, name, folder, ["SYNC_AT": "\(number)"])
    }

    private static func environment(
        _ action: Action,
        _ name: String,
        _ folder: TemporaryFolder,
        _ when: [String: String]
    ) throws -> [String: String] {
        let preload = try Self.library(in: folder)
        return ["LD_PRELOAD": preload, "SYNC_OF": name, "SYNC_DO": action.rawValue]
            .merging(when) { $1 }
    }

    private static func library(in folder: TemporaryFolder) throws -> String {
        let path = folder.path("sync_fault.so")
        let source = Binaries.checkout.appending(path: "Tests/Support/sync-fault/sync_fault.c").path
        let built = try run(
            URL(filePath: "/usr/bin/cc"),
            ["-Wall", "-Werror", "-shared", "-fPIC", "-o", path, source, "-ldl"]
        )
        try #require(built.status == 0, "\(built.errors)")
        return path
    }
}
