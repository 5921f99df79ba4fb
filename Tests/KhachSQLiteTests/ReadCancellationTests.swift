internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

@Suite("A read that nobody waits for any more ends", .timeLimit(.minutes(15)))
struct ReadCancellationTests {
    /// Goes on for ever.
    private static let endless: StaticString = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
        """

    /// Runs `read` in a task, cancels that once the read has begun, and gives what it came to.
    private static func cancelled(
        _ read:
            @escaping @Sendable (@escaping @Sendable () -> Void) async throws(StoreError) -> Void
    ) async -> StoreError.Code? {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        return await withTaskGroup(of: StoreError.Code?.self) { group in
            group.addTask {
                do throws(StoreError) {
                    try await read { begin.yield() }
                    return nil
                } catch {
                    return error.code
                }
            }
            for await _ in begun { break }
            group.cancelAll()
            return await group.next() ?? nil
        }
    }

    @Test("its one thread is free for the next read, again and again")
    func threadIsFree() async throws {
        try await withFolder { path in
            var configuration = SQLiteStore.Configuration()
            configuration.readerThreads = 1
            let store = try SQLiteStore.open(
                path: path,
                codec: .proto,
                zones: .tzdata,
                configuration: configuration
            )
            defer { store.close() }
            let world = try await StoreConformance.World(in: store)
            let filter = CustomerFilter(businessID: world.businesses[0].id)
            for _ in 0..<3 {
                let code = await Self.cancelled { (begin) async throws(StoreError) in
                    _ = try await store.snapshot(nil) { (reader) throws(StoreError) in
                        begin()
                        return try reader.database.integer(Self.endless)
                    }
                }
                #expect(code == .cancelled)
                #expect(try await store.count(filter, deadline: nil).count == 0)
            }
        }
    }

    @Test("with a deadline that is far off too, and a deadline alone is answered as one")
    func deadline() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let far = Deadline(monotonicNanoseconds: .max)
            let code = await Self.cancelled { (begin) async throws(StoreError) in
                _ = try await store.snapshot(far) { (reader) throws(StoreError) in
                    begin()
                    return try reader.database.integer(Self.endless)
                }
            }
            #expect(code == .cancelled)
            await expect(.deadlineExceeded) { () async throws(StoreError) in
                let soon = SQLiteStoreTests.later(20)
                _ = try await store.snapshot(soon) { (reader) throws(StoreError) in
                    try reader.database.integer(Self.endless)
                }
            }
        }
    }

    @Test("one that waits for its turn is not begun")
    func waiting() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            defer { store.close() }
            let code = await withTaskGroup(of: StoreError.Code?.self) { group in
                group.cancelAll()
                group.addTask {
                    do throws(StoreError) {
                        _ = try await store.snapshot(nil) { (_) throws(StoreError) in
                            Issue.record("a read whose caller has left is not begun")
                        }
                        return nil
                    } catch {
                        return error.code
                    }
                }
                return await group.next() ?? nil
            }
            #expect(code == .cancelled)
        }
    }
}
