internal import KhachCore
internal import TestFolders
internal import Testing

@testable internal import KhachSQLite

/// Runs `body` with a data folder that does not exist yet, and removes it.
func withFolder(_ body: (String) async throws -> Void) async throws {
    try await TestFolder.with { try await body($0.path("data")) }
}

func expect(
    _ code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(StoreError) -> Void
) {
    do throws(StoreError) {
        try body()
        Issue.record("an error expected, none found", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
    }
}

func expect(
    _ code: StoreError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws(StoreError) -> Void
) async {
    do throws(StoreError) {
        try await body()
        Issue.record("an error expected, none found", sourceLocation: sourceLocation)
    } catch {
        #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
    }
}

/// Expects that the digests that are kept are those of the rows, in a folder's store.
func expectDigests(in path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let database = try Database(path: "\(path)/khach.db", access: .readWrite)
    let sums: StaticString = """
        SELECT group_concat(page_id || ' ' || slot || ' ' || low || ' ' || high || ' ' || count)
        FROM (SELECT * FROM digests WHERE count <> 0 OR low <> 0 OR high <> 0)
        """
    let statement = try Statement(database, sums)
    #expect(try statement.step(), sourceLocation: sourceLocation)
    let kept = statement.text(0)
    statement.reset()
    // In a transaction that is rolled back, they are made anew.
    try database.execute("BEGIN")
    try database.execute("DELETE FROM digests")
    try PageDigests.fill(in: database)
    #expect(try statement.step(), sourceLocation: sourceLocation)
    #expect(!kept.isEmpty && statement.text(0) == kept, sourceLocation: sourceLocation)
    statement.reset()
    try database.execute("ROLLBACK")
}

/// Expects that a customer's chain is its interactions, each once, in a folder's store.
func expectChains(in path: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let database = try Database(path: "\(path)/khach.db", access: .readOnly)
    let interactions = try database.integer(
        "SELECT count(*) FROM interactions WHERE customer_id IS NOT NULL"
    )
    let links = try database.integer(
        """
        WITH RECURSIVE chain (customer_id, id) AS (
            SELECT id, last_interaction FROM customers WHERE last_interaction <> 0 UNION ALL
            SELECT chain.customer_id, previous_id
            FROM interactions JOIN chain USING (id) WHERE previous_id <> 0 LIMIT 1000000)
        SELECT count(*) FROM chain
        """
    )
    let strangers = try database.integer(
        """
        WITH RECURSIVE chain (customer_id, id) AS (
            SELECT id, last_interaction FROM customers WHERE last_interaction <> 0 UNION ALL
            SELECT chain.customer_id, previous_id
            FROM interactions JOIN chain USING (id) WHERE previous_id <> 0 LIMIT 1000000)
        SELECT count(*) FROM interactions LEFT JOIN chain USING (id)
        WHERE interactions.customer_id IS NOT chain.customer_id
        """
    )
    #expect(interactions > 0, sourceLocation: sourceLocation)
    #expect(links == interactions, sourceLocation: sourceLocation)
    #expect(strangers == 0, sourceLocation: sourceLocation)
}

/// Expects that the table of event keys is whole as far as it says, and true; answers its rows.
func expectKeys(
    in path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> Int64 {
    let database = try Database(path: "\(path)/khach.db", access: .readOnly)
    let missing = try database.integer(
        """
        SELECT count(*) FROM interactions LEFT JOIN event_keys USING (page_id, event_key)
        WHERE interactions.id <= (SELECT keyed_up_to FROM meta) AND interaction_id IS NULL
        """
    )
    let wrong = try database.integer(
        """
        SELECT count(*) FROM event_keys LEFT JOIN interactions USING (page_id, event_key)
        WHERE interactions.id IS NOT interaction_id
        """
    )
    #expect(missing == 0, sourceLocation: sourceLocation)
    #expect(wrong == 0, sourceLocation: sourceLocation)
    return try database.integer("SELECT count(*) FROM event_keys")
}
