internal import Foundation
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import TestFolders
internal import Testing

@testable internal import KhachSQLite

@Suite("Migrations")
struct MigrationsTests {
    private static let current = Int64(Migrations.all.steps.count)
    /// One more than there is.
    private static let next = Migrations.Step(
        version: current + 1,
        apply: { (database) throws(StoreError) in
            try database.execute("ALTER TABLE pages ADD COLUMN status INTEGER NOT NULL DEFAULT 1")
        },
        stamp: "PRAGMA user_version = 3"
    )

    @Test("an empty file becomes a store")
    func empty() throws {
        try withDatabase { database in
            try Migrations.all.run(on: database)
            #expect(try database.integer("PRAGMA user_version") == Self.current)
            #expect(try database.integer("PRAGMA application_id") == Migrations.applicationID)
            try Migrations.all.run(on: database)
        }
    }

    @Test("an older store moves forward and keeps what it has")
    func forward() async throws {
        try await withFolder { path in
            let store = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            let world = try await StoreConformance.World(in: store)
            store.close()
            let database = try Database(path: "\(path)/khach.db", access: .readWrite)
            try Migrations(steps: Migrations.all.steps + [Self.next]).run(on: database)
            #expect(try database.integer("PRAGMA user_version") == Self.current + 1)
            #expect(
                try database.integer("SELECT count(*) FROM pages WHERE status = 1")
                    == world.pages.count
            )
        }
    }

    @Test("a step that fails leaves the version before it")
    func failing() throws {
        try withDatabase { database in
            var broken = Self.next
            broken.apply = { (database) throws(StoreError) in
                try database.execute("CREATE TABLE half (id INTEGER)")
                try database.execute("ALTER TABLE nothing ADD COLUMN status INTEGER")
            }
            try Migrations.all.run(on: database)
            expect(.unavailable) { () throws(StoreError) in
                try Migrations(steps: Migrations.all.steps + [broken]).run(on: database)
            }
            #expect(try database.integer("PRAGMA user_version") == Self.current)
            #expect(
                try database.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0
            )
        }
    }

    @Test("a newer store is refused, and told apart")
    func newer() throws {
        try withDatabase { database in
            try Migrations(steps: Migrations.all.steps + [Self.next]).run(on: database)
            do throws(StoreError) {
                try Migrations.all.run(on: database)
                Issue.record("an error expected, none found")
            } catch {
                #expect(error.code == .schemaTooNew)
                #expect(
                    error.message
                        == "schema version \(Self.current) expected, \(Self.current + 1) found"
                )
            }
        }
    }

    @Test("a file of another program is refused and left as it was")
    func foreign() async throws {
        try withDatabase { database in
            try database.execute("CREATE TABLE notes (id INTEGER)")
            expect(.invalid) { () throws(StoreError) in try Migrations.all.run(on: database) }
            #expect(try database.integer("SELECT count(*) FROM sqlite_schema") == 1)
        }
        try await withFolder { path in
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true
            )
            let bytes = Data(repeating: 7, count: 8_192)
            try bytes.write(to: URL(fileURLWithPath: "\(path)/khach.db"))
            expect(.invalid) { () throws(StoreError) in
                _ = try SQLiteStore.open(path: path, codec: .proto, zones: .tzdata)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(path)/khach.db")) == bytes)
        }
    }

    @Test("the connection that writes is durable, and the others cannot write")
    func settings() throws {
        try withDatabase { database in
            try Migrations.all.run(on: database)
            try WriteSession.prepare(database)
            #expect(try database.integer("PRAGMA synchronous") == 2)
            #expect(try database.text("PRAGMA journal_mode") == "wal")
            #expect(try database.integer("PRAGMA trusted_schema") == 0)
            #expect(try database.integer("PRAGMA wal_autocheckpoint") == 0)
            let path = try database.text("SELECT file FROM pragma_database_list")
            let reader = try Reader(path: path)
            #expect(try reader.database.integer("PRAGMA query_only") == 1)
            expect(.unavailable) { () throws(StoreError) in
                try reader.database.execute("DELETE FROM meta")
            }
            // Defensive: the schema cannot be written, whatever is asked.
            try database.execute("PRAGMA writable_schema = ON")
            expect(.unavailable) { () throws(StoreError) in
                try database.execute("DELETE FROM sqlite_schema")
            }
        }
    }

    private func withDatabase(_ body: (Database) throws -> Void) throws {
        let folder = try TestFolder()
        let path = folder.path("khach.db")
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        try body(try Database(path: path, access: .readWrite))
        withExtendedLifetime(folder) {}
    }
}
