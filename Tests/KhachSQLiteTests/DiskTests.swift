internal import Foundation
internal import Glibc
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Synchronization
internal import Testing

@testable internal import KhachSQLite

/// A disk that fails, made by putting another file under the log's descriptor.
@Suite("Failing disk", .serialized)
struct DiskTests {
    @Test("a full disk loses nothing, says so, and is no end")
    func full() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto)
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            _ = try await store.record([world.message("k1", from: "a")], now: StoreConformance.now)
            let repair = try replaceLog(of: path, by: "/dev/full", O_RDWR)
            await expect(.full) { () async throws(StoreError) in
                _ = try await store.record(
                    [world.message("k2", from: "b")], now: StoreConformance.now)
            }
            repair()
            let business = world.businesses[0].id
            #expect(try await StoreConformance.timelessRecords(store, business).count == 1)
            let outcomes = try await store.record(
                [world.message("k2", from: "b"), world.message("k1", from: "a")],
                now: StoreConformance.now)
            #expect(outcomes.map(\.result) == [.createdCustomer, .duplicate])
            let changes = try await StoreConformance.replay(store, business)
            #expect(changes.map(\.entry.seq) == [1, 2, 3, 4, 5])
        }
    }

    @Test("a commit that met an I/O error has an unknown outcome, and ends the writer")
    func unknown() async throws {
        try await withFolder { path in
            let failures = Mutex<[StoreError.Code]>([])
            var configuration = SQLiteStore.Configuration()
            let shared = Shared(failures)
            configuration.failure = { shared.append($0.code) }
            let store = try SQLiteStore.open(
                path: path, codec: .proto, configuration: configuration)
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
            #expect(shared.codes == [.outcomeUnknown])
            store.close()
        }
    }
}

private final class Shared: Sendable {
    private let mutex: Mutex<[StoreError.Code]>

    init(_ mutex: consuming Mutex<[StoreError.Code]>) {
        self.mutex = mutex
    }

    var codes: [StoreError.Code] { self.mutex.withLock { $0 } }

    func append(_ code: StoreError.Code) {
        self.mutex.withLock { $0.append(code) }
    }
}

/// Puts `file` where the log's descriptors are; returns how to put the log back.
private func replaceLog(of path: String, by file: String, _ flags: Int32) throws -> () -> Void {
    var logs: [(descriptor: Int32, saved: Int32)] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        let target = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/\(name)")
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
