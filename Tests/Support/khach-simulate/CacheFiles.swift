internal import CKhachSim
internal import Foundation
internal import KhachTestKit

/// The files of caches, in memory, for one worker.
///
/// A new cache is a copy of an empty one, since making tables takes most of a short run.
final class CacheFiles {
    private static let root = "/dev/shm"

    /// The run cannot go on, which says nothing of the caches.
    private struct NoCache: Error {
        var path: String
    }

    private let folder: String
    private let business: String
    private var empty: Data?
    private var count = 0

    init(business: String, worker: Int) throws {
        self.business = business
        self.folder = "\(Self.root)/khach-simulate-\(getpid())-\(worker)"
        try FileManager.default.createDirectory(
            atPath: self.folder,
            withIntermediateDirectories: true
        )
    }

    deinit { try? FileManager.default.removeItem(atPath: self.folder) }

    func open(_ seed: inout Seed) throws -> SimulatedClient {
        let path = self.path()
        if let empty { try empty.write(to: URL(filePath: path)) }
        chmod(path, 0o600)
        let client = try self.client(path)
        if self.empty == nil {
            client.run("PRAGMA wal_checkpoint(TRUNCATE)")
            self.empty = try Data(contentsOf: URL(filePath: path))
        }
        let name = (0..<4).map { _ in String(UInt32(truncatingIfNeeded: seed.next()), radix: 16) }
            .map { String(repeating: "0", count: 8 - $0.count) + $0 }.joined()
        client.run("UPDATE outbox_state SET client_id = x'\(name)'")
        return client
    }

    /// The same cache under another path, as it is on the disk.
    func copy(_ client: SimulatedClient) throws -> SimulatedClient {
        client.run("PRAGMA wal_checkpoint(TRUNCATE)")
        let path = self.path()
        try FileManager.default.copyItem(atPath: client.path, toPath: path)
        return try self.client(path)
    }

    private func path() -> String {
        self.count += 1
        return "\(self.folder)/\(self.count).db"
    }

    private func client(_ path: String) throws -> SimulatedClient {
        guard let client = SimulatedClient(path: path, business: self.business) else {
            throw NoCache(path: path)
        }
        return client
    }
}
