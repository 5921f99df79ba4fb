internal import Foundation
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// What was erased leaves the log as soon as nobody reads (DESIGN.md, 12).
@Suite("What was erased, in the log", .timeLimit(.minutes(15)))
struct ErasedLogTests {
    private static let trace = "zzyzx"

    @Test("goes when the last reader has gone, and nothing is written")
    func idle() async throws {
        try await withFolder { path in
            let store = try Self.open(path)
            defer { store.close() }
            let snapshot = try await Self.eraseWhileHeld(store)
            #expect(!Self.files(path).isEmpty)
            snapshot.close()
            try await Self.requireNoTrace(in: path)
        }
    }

    @Test("goes before a store is open that was killed behind its commit")
    func killed() async throws {
        try await withFolder { path in
            try await Self.leave(in: path)
            let store = try Self.open(path)
            defer { store.close() }
            #expect(Self.files(path) == [])
        }
    }

    @Test("goes once nobody reads a store that was opened while somebody did")
    func killedAndRead() async throws {
        try await withFolder { path in
            try await Self.leave(in: path)
            let reader = try Database(path: "\(path)/khach.db", access: .readOnly)
            try reader.execute("BEGIN")
            _ = try reader.integer("SELECT count(*) FROM interactions")
            let store = try Self.open(path)
            defer { store.close() }
            #expect(!Self.files(path).isEmpty)
            try reader.execute("COMMIT")
            try await Self.requireNoTrace(in: path)
        }
    }

    private static func open(_ path: String) throws -> SQLiteStore {
        var configuration = SQLiteStore.Configuration()
        configuration.erasedRetryMilliseconds = 10
        return try SQLiteStore.open(
            path: path,
            codec: .proto,
            zones: .tzdata,
            configuration: configuration
        )
    }

    /// Erases somebody while a snapshot is held, so that the log cannot be emptied.
    private static func eraseWhileHeld(
        _ store: SQLiteStore
    ) async throws -> any CustomerSnapshot {
        let world = try await StoreConformance.World(in: store)
        let message = world.message("k", from: "u", text: self.trace)
        let outcomes = try await store.record([message], now: StoreConformance.now)
        let id = try #require(outcomes[0].customerID)
        let snapshot = try await store.openSnapshot(of: world.businesses[0].id)
        _ = try await store.erase(id, by: Authorship(actor: "lan"), now: StoreConformance.now)
        return snapshot
    }

    /// Leaves in a folder what is there of a store that was killed behind the commit of an erasure.
    private static func leave(in path: String) async throws {
        try await withFolder { living in
            let store = try self.open(living)
            defer { store.close() }
            let snapshot = try await self.eraseWhileHeld(store)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for name in ["khach.db", "khach.db-wal"] {
                try FileManager.default.copyItem(
                    atPath: "\(living)/\(name)",
                    toPath: "\(path)/\(name)"
                )
            }
            snapshot.close()
        }
        #expect(!self.files(path).isEmpty)
    }

    /// Waits until no file holds the trace, but not for ever.
    private static func requireNoTrace(in path: String) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !self.files(path).isEmpty {
            try #require(ContinuousClock.now < deadline, "\(self.files(path))")
            await Task.yield()
        }
    }

    /// The names of a folder's files that hold the trace.
    private static func files(_ path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { name in
            let bytes = FileManager.default.contents(atPath: "\(path)/\(name)")
            return bytes?.range(of: Data(self.trace.utf8)) != nil
        }.sorted()
    }
}
