internal import KhachCore

/// What version 2 makes of the customers: the columns that the index reads, none of which is NULL,
/// and what is derived of them (clients/c/index, which has the rest of the layout).
extension Schema {
    static func addIndex(to database: Database) throws(StoreError) {
        for sql in self.version2Customers {
            try database.execute(sql)
        }
        try CustomerIndex.create(in: database)
    }

    private static let version2Customers: [StaticString] = [
        """
        CREATE TABLE customers_2 (
            id INTEGER PRIMARY KEY,
            business_id INTEGER NOT NULL,
            page_id INTEGER NOT NULL,
            traits INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            first_recorded_at INTEGER NOT NULL,
            first_inbound_at INTEGER NOT NULL,
            last_inbound_at INTEGER NOT NULL,
            name_folded TEXT NOT NULL,
            seq INTEGER NOT NULL,
            record BLOB NOT NULL,
            facts BLOB NOT NULL,
            last_interaction INTEGER NOT NULL
        ) STRICT
        """,
        // Traits: 4 bits of channel, 2 of the name's status, then a phone, an e-mail, blocked.
        """
        INSERT INTO customers_2
        SELECT customers.id, business_id, page_id,
            channel + 16 * (name_status - 1) + 64 * (has_phone <> 0) + 128 * (has_email <> 0)
                + 256 * (blocked <> 0),
            created_at, first_recorded_at, coalesce(first_inbound_at, 0),
            coalesce(last_inbound_at, 0), name_folded, seq, record, facts, coalesce(last.id, 0)
        FROM customers LEFT JOIN (
            SELECT customer_id, max(id) AS id FROM interactions
            WHERE customer_id IS NOT NULL GROUP BY customer_id
        ) AS last ON last.customer_id = customers.id
        ORDER BY customers.id
        """,
        "DROP TABLE customers",
        "ALTER TABLE customers_2 RENAME TO customers",
        "CREATE INDEX customers_by_id ON customers (business_id)",
        "CREATE INDEX customers_by_seq ON customers (business_id, seq)",
    ]
}
