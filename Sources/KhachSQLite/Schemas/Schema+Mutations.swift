/// What version 2 adds for changes by hand: blocks, roles, links, audit, requests.
extension Schema {
    static let version2Mutations: [StaticString] = [
        // The writer makes everything that interactions say anew when it is 1.
        "ALTER TABLE meta ADD COLUMN rebuild INTEGER NOT NULL DEFAULT 0",
        // Rows up to here have no texts any more.
        "ALTER TABLE meta ADD COLUMN texts_dropped INTEGER NOT NULL DEFAULT 0",
        // Counts writes that were made to show that there can be one.
        "ALTER TABLE meta ADD COLUMN proofs INTEGER NOT NULL DEFAULT 0",
        "UPDATE meta SET rebuild = 1 WHERE EXISTS (SELECT 1 FROM customers)",
        "ALTER TABLE businesses ADD COLUMN audit_head INTEGER NOT NULL DEFAULT 0",
        // One contact a line: its kind, then its value.
        "ALTER TABLE pages ADD COLUMN own_contacts TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE pages ADD COLUMN block_mode INTEGER NOT NULL DEFAULT 1",
        // Ids of other kinds than the channel's ordinary one.
        """
        CREATE TABLE other_identities (
            page_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            external_user_id TEXT NOT NULL,
            customer_id INTEGER NOT NULL,
            PRIMARY KEY (page_id, kind, external_user_id)
        ) STRICT, WITHOUT ROWID
        """,
        // Never a chain: `new_id` is a customer that is there.
        """
        CREATE TABLE customer_redirects (
            old_id INTEGER PRIMARY KEY,
            new_id INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX customer_redirects_by_new ON customer_redirects (new_id)",
        "CREATE INDEX tombstones_by_customer ON tombstones (customer_id)",
        // Roles are a line each.
        """
        CREATE TABLE role_accounts (
            page_id INTEGER NOT NULL,
            external_user_id TEXT NOT NULL,
            name TEXT NOT NULL,
            roles TEXT NOT NULL,
            PRIMARY KEY (page_id, external_user_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE pending_blocks (
            page_id INTEGER NOT NULL,
            customer_id INTEGER NOT NULL,
            PRIMARY KEY (page_id, customer_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE audit (
            business_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            request_id TEXT NOT NULL,
            action TEXT NOT NULL,
            customer_id INTEGER,
            entity_id TEXT NOT NULL,
            field TEXT NOT NULL,
            value_before TEXT NOT NULL,
            value_after TEXT NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (business_id, number)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX audit_by_customer ON audit (customer_id, number)
        WHERE customer_id IS NOT NULL
        """,
        """
        CREATE TABLE mutation_requests (
            business_id INTEGER NOT NULL,
            request_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            fingerprint BLOB NOT NULL,
            answer BLOB NOT NULL,
            PRIMARY KEY (business_id, request_id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX mutation_requests_by_time ON mutation_requests (at)",
    ]
}
