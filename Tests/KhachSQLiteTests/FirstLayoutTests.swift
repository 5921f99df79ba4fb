internal import CSQLite
internal import Foundation
internal import KhachCore
internal import KhachService
internal import KhachTestKit
internal import Testing

@testable internal import KhachSQLite

/// A store of the first layout, as the first version left it: without days, marks and indexes.
@Suite("The first layout")
struct FirstLayoutTests {
    @Test("becomes what a store of today makes of the same interactions")
    func moves() async throws {
        try await withFolder { today in
            try await withFolder { first in
                var generator = InteractionGenerator(
                    seed: .fresh("the first layout"),
                    pages: StoreConformance.World.pageKeys
                )
                let store = try SQLiteStore.open(path: today, codec: .proto, zones: .tzdata)
                let world = try await StoreConformance.World(in: store)
                for batch in generator.batches(generator.deliveries(events: 300)) {
                    _ = try await store.record(batch, now: StoreConformance.now)
                }
                let expected = try await Self.answers(of: store, world)
                store.close()
                try Self.writeFirstLayout(of: today, to: first)

                let moved = try SQLiteStore.open(path: first, codec: .proto, zones: .tzdata)
                defer { moved.close() }
                let found = try await Self.answers(of: moved, world)
                #expect(!found.records.isEmpty)
                #expect(found.records == expected.records)
                #expect(found.counts == expected.counts)
                try expectChains(in: first)
                try expectDigests(in: first)
                #expect(try expectKeys(in: first) > 0)
                // And it goes on from there.
                for batch in generator.batches(generator.deliveries(events: 50)) {
                    _ = try await moved.record(batch, now: StoreConformance.now)
                }
                try expectChains(in: first)
            }
        }
    }

    private struct Answers {
        var records: [[UInt8]] = []
        var counts: [Int] = []
    }

    private static func answers(
        of store: SQLiteStore,
        _ world: StoreConformance.World
    ) async throws -> Answers {
        var answers = Answers()
        for business in world.businesses {
            var filter = CustomerFilter(businessID: business.id)
            answers.records += try await StoreConformance.list(store, filter, rowsMax: 100)
            for hasPhone in [nil, true, false] {
                filter.hasPhone = hasPhone
                answers.counts.append(try await store.count(filter, deadline: nil).count)
            }
        }
        return answers
    }

    /// Copies what the first layout had, and takes from records and facts what it did not know.
    private static func writeFirstLayout(of source: String, to target: String) throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let file = "\(target)/khach.db"
        #expect(FileManager.default.createFile(atPath: file, contents: nil))
        let steps = [try #require(Migrations.all.steps.first)]
        try Migrations(steps: steps).run(on: try Database(path: file, access: .readWrite))
        var handle: OpaquePointer?
        #expect(sqlite3_open_v2(file, &handle, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK)
        defer { sqlite3_close(handle) }
        sqlite3_create_function(
            handle,
            "without",
            -1,
            SQLITE_UTF8,
            nil,
            { context, count, arguments in Self.without(context, count, arguments) },
            nil,
            nil
        )
        for sql in ["ATTACH '\(source)/khach.db' AS today", "DELETE FROM main.meta"] + self.copies {
            var message: UnsafeMutablePointer<CChar>?
            let result = sqlite3_exec(handle, sql, nil, nil, &message)
            #expect(result == SQLITE_OK, "\(message.map { String(cString: $0) } ?? "") in \(sql)")
            sqlite3_free(message)
        }
    }

    private static let copies = [
        """
        INSERT INTO main.meta SELECT id, generation, sealing_key, last_identifier, schema_epoch
        FROM today.meta
        """,
        """
        INSERT INTO main.businesses
        SELECT id, name, time_zone, locale, created_at, head, customers, seq, record
        FROM today.businesses
        """,
        """
        INSERT INTO main.pages
        SELECT id, business_id, channel, external_page_id, name, created_at, seq, record
        FROM today.pages
        """,
        // `days` is field 17 of a record, `first_message_at_ms` field 6 of the facts.
        """
        INSERT INTO main.customers
        SELECT id, business_id, page_id, traits & 15, created_at, first_recorded_at,
            nullif(first_inbound_at, 0), nullif(last_inbound_at, 0), NULL, name_folded,
            (traits >> 4 & 3) + 1, traits >> 6 & 1, traits >> 7 & 1, traits >> 8 & 1, seq,
            without(record, 17), without(facts, 6)
        FROM today.customers
        """,
        "INSERT INTO main.identities SELECT * FROM today.identities",
        """
        INSERT INTO main.interactions
        SELECT id, page_id, event_key, customer_id, direction, kind, conversation_key, post_id,
            occurred_first, occurred_last, received_at, revision, state, text, pending_names,
            contact_count
        FROM today.interactions
        """,
        "INSERT INTO main.contact_observations SELECT * FROM today.contact_observations",
        """
        INSERT INTO main.tombstones
        SELECT business_id, seq, customer_id, record FROM today.tombstones
        """,
    ]

    /// SQL: a protobuf message without one of its fields.
    private static func without(
        _ context: OpaquePointer?,
        _ count: Int32,
        _ arguments: UnsafeMutablePointer<OpaquePointer?>?
    ) {
        guard let arguments, count == 2 else { return }

        let bytes = UnsafeRawBufferPointer(
            start: sqlite3_value_blob(arguments[0]),
            count: Int(sqlite3_value_bytes(arguments[0]))
        )
        let rest = RecordBytes.without(
            fields: [Int(sqlite3_value_int(arguments[1]))],
            Array(bytes)
        )
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        sqlite3_result_blob(context, rest, Int32(rest.count), transient)
    }
}
