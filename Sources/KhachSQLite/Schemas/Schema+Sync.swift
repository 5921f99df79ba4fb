internal import KhachCore

/// What version 2 adds for caches: digests, and until when deletions are known.
extension Schema {
    static func addSync(to database: Database) throws(StoreError) {
        for sql in self.version2Sync {
            try database.execute(sql)
        }
        try PageDigests.fill(in: database)
    }

    private static let version2Sync: [StaticString] = [
        // A sum of 128 bits in two halves; a slot that never held anything has no row.
        """
        CREATE TABLE digests (
            page_id INTEGER NOT NULL,
            slot INTEGER NOT NULL,
            low INTEGER NOT NULL,
            high INTEGER NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (page_id, slot)
        ) STRICT, WITHOUT ROWID
        """,
        // Tombstones up to here are compacted: none at or below it is left.
        "ALTER TABLE businesses ADD COLUMN tombstone_horizon INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE tombstones ADD COLUMN page_id INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE tombstones ADD COLUMN at INTEGER NOT NULL DEFAULT 0",
        "UPDATE tombstones SET at = 1000 * unixepoch()",
        "CREATE INDEX tombstones_by_time ON tombstones (at)",
        // The histories before this one, the latest last: each ended with a restore.
        """
        CREATE TABLE generations (
            number INTEGER PRIMARY KEY,
            generation BLOB NOT NULL,
            ended_at INTEGER NOT NULL
        ) STRICT
        """,
        // Caches that sent mutations, and the answers that they got.
        """
        CREATE TABLE sync_clients (
            business_id INTEGER NOT NULL,
            client_id BLOB NOT NULL,
            last_mutation_id INTEGER NOT NULL,
            durable_mutation_id INTEGER NOT NULL,
            written_at INTEGER NOT NULL,
            PRIMARY KEY (business_id, client_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE client_mutations (
            business_id INTEGER NOT NULL,
            client_id BLOB NOT NULL,
            mutation_id INTEGER NOT NULL,
            payload_hash BLOB NOT NULL,
            outcome BLOB NOT NULL,
            -- Whose value the outcome holds; NULL when it holds nobody's.
            customer_id INTEGER,
            PRIMARY KEY (business_id, client_id, mutation_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX client_mutations_by_customer ON client_mutations (customer_id)
        WHERE customer_id IS NOT NULL
        """,
    ]
}
