internal import Foundation
internal import TestFolders

/// A server that answers each request on a Unix socket with the next reply, then stays silent.
final class ScriptedServer: @unchecked Sendable {
    let address: String
    private let folder: TestFolder
    private let path: String
    private let listener: Int32
    private let replies: [[UInt8]]

    init(replies: [[UInt8]]) throws {
        self.folder = try TestFolder()
        self.path = self.folder.path("server.sock")
        self.address = "unix:" + self.path
        self.replies = replies
        self.listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)

        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: self.path.utf8) }
        let bound = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(bound == 0 && listen(self.listener, 1) == 0, "the test's socket cannot listen")
        Thread.detachNewThread { self.serve() }
    }

    deinit {
        close(self.listener)
        unlink(self.path)
    }

    private func serve() {
        let connection = accept(self.listener, nil, nil)
        guard connection >= 0 else { return }

        var request = [UInt8](repeating: 0, count: 65536)
        for reply in self.replies where recv(connection, &request, request.count, 0) > 0 {
            _ = send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
        }
        // Until the client goes.
        _ = recv(connection, &request, request.count, 0)
        close(connection)
    }
}

/// The files that C and Swift tests share.
enum Vectors {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../Tests/Vectors").standardized

    /// The lines of a table, split at tabs, without comments.
    static func table(_ name: String) throws -> [[String]] {
        try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            .split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The bytes of a file in hexadecimal.
    static func hex(_ name: String) throws -> [UInt8] {
        let digits = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
            .filter(\.isHexDigit).compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}

/// A folder that goes with its owner.
final class TemporaryFolder {
    private let folder: TestFolder
    var path: String { self.folder.path }
    var cache: String { self.folder.path("cache.db") }

    init() throws {
        self.folder = try TestFolder()
    }
}
