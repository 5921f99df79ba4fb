internal import Foundation
internal import Glibc
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// A disk that fails, made by putting another file under the log's descriptor.
@Suite("Failing disk", .serialized)
struct DiskTests {
    @Test("a full disk loses nothing, says so, and is no end")
    func full() async throws {
        try await withFolder { path in
            let made = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: made)
            made.close()

            let now = StoreConformance.now
            let writer = try Self.writer(path)
            try await writer.write { (session) throws(StoreError) in
                _ = try session.record([world.message("k1", from: "a")], now: now)
                try session.database.execute("PRAGMA max_page_count = 40")
            }
            let many = (0..<1_000).map { world.message("m\($0)", from: "u\($0)") }
            await expect(.full) { () async throws(StoreError) in
                _ = try await writer.write { (session) throws(StoreError) in
                    try session.record(many, now: now)
                }
            }
            let outcomes = try await writer.write { (session) throws(StoreError) in
                try session.database.execute("PRAGMA max_page_count = 100000")
                return try session.record([world.message("k1", from: "a")] + many, now: now)
            }
            #expect(outcomes[0].result == .duplicate)
            #expect(outcomes[1].result == .createdCustomer)
            writer.close()

            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let changes = try await StoreConformance.replay(store, world.businesses[0].id)
            #expect(changes.map(\.entry.seq) == Array(1...1_004))
        }
    }

    private static func writer(_ path: String) throws -> Writer {
        let database = try Database(path: "\(path)/khach.db", access: .readWrite)
        try WriteSession.prepare(database)
        let session = try WriteSession(
            database: database,
            meta: try Meta(from: database),
            codec: .proto,
            zones: .tzdata,
            gatheredKeysMax: 8
        )
        return try Writer(session: session, configuration: SQLiteStore.Configuration())
    }

    @Test("a commit that met an I/O error has an unknown outcome, and ends the writer")
    func unknown() async throws {
        try await withFolder { path in
            let (failures, report) = AsyncStream.makeStream(of: StoreError.Code.self)
            var configuration = SQLiteStore.Configuration()
            configuration.failure = { report.yield($0.code) }
            let store = try SQLiteStore.open(
                path: path,
                codec: .proto,
                zones: .tzdata,
                configuration: configuration
            )
            let world = try await StoreConformance.World(in: store)
            let repair = try replaceLog(of: path, by: "/dev/null", O_RDONLY)
            let message = world.message("k1", from: "a")
            await expect(.outcomeUnknown) { () async throws(StoreError) in
                _ = try await store.record([message], now: StoreConformance.now)
            }
            repair()
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await store.record([message], now: StoreConformance.now)
            }
            await expect(.unavailable) { () async throws(StoreError) in
                _ = try await store.businesses(after: nil, rowsMax: 1)
            }
            var reported = failures.makeAsyncIterator()
            #expect(await reported.next() == .outcomeUnknown)
            store.close()
            report.finish()
            #expect(await reported.next() == nil)
        }
    }
}

/// Puts `file` where the log's descriptors are; returns how to put the log back.
private func replaceLog(of path: String, by file: String, _ flags: Int32) throws -> () -> Void {
    var logs: [(descriptor: Int32, saved: Int32)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        let target = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/\(name)"
        )
        guard let descriptor = Int32(name), target?.hasSuffix("khach.db-wal") == true,
            target?.hasPrefix(path) == true
        else { continue }

        logs.append((descriptor, dup(descriptor)))
        let other = open(file, flags)
        dup2(other, descriptor)
        close(other)
    }
    try #require(!logs.isEmpty)
    return {
        for log in logs {
            dup2(log.saved, log.descriptor)
            close(log.saved)
        }
    }
}
