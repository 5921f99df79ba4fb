/// What version 2 makes of the interactions: a customer's are a chain, and keys have a table of
/// their own, so that a new one is a row at the end and no more.
///
/// Benchmarks/src/store_loop.c holds a copy of version 2, as far as a load fills it.
extension Schema {
    static let version2Interactions: [StaticString] = [
        // `previous_id` is the customer's one before, 0 for none; `last_interaction` of the
        // customer begins the chain.
        """
        CREATE TABLE interactions_2 (
            id INTEGER PRIMARY KEY,
            page_id INTEGER NOT NULL,
            event_key TEXT NOT NULL,
            customer_id INTEGER,
            direction INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            conversation_key TEXT NOT NULL,
            post_id TEXT NOT NULL,
            occurred_first INTEGER,
            occurred_last INTEGER,
            received_at INTEGER NOT NULL,
            revision INTEGER NOT NULL,
            state INTEGER NOT NULL,
            text TEXT NOT NULL,
            pending_names BLOB,
            contact_count INTEGER NOT NULL,
            ignored INTEGER NOT NULL,
            previous_id INTEGER NOT NULL
        ) STRICT
        """,
        """
        INSERT INTO interactions_2
        SELECT id, page_id, event_key, customer_id, direction, kind, conversation_key, post_id,
            occurred_first, occurred_last, received_at, revision, state, text, pending_names,
            contact_count, 0,
            iif(customer_id IS NULL, 0, lag(id, 1, 0) OVER (PARTITION BY customer_id ORDER BY id))
        FROM interactions ORDER BY id
        """,
        "DROP TABLE interactions",
        "ALTER TABLE interactions_2 RENAME TO interactions",
        """
        CREATE INDEX interactions_by_comment
        ON interactions (customer_id, post_id, occurred_first)
        WHERE kind = 2 AND customer_id IS NOT NULL
        """,
        // Those of the interactions up to `keyed_up_to` are all here; of later ones, some.
        """
        CREATE TABLE event_keys (
            page_id INTEGER NOT NULL,
            event_key TEXT NOT NULL,
            interaction_id INTEGER NOT NULL,
            PRIMARY KEY (page_id, event_key)
        ) STRICT, WITHOUT ROWID
        """,
        """
        INSERT INTO event_keys
        SELECT page_id, event_key, id FROM interactions ORDER BY page_id, event_key
        """,
        "ALTER TABLE meta ADD COLUMN keyed_up_to INTEGER NOT NULL DEFAULT 0",
        "UPDATE meta SET keyed_up_to = (SELECT coalesce(max(id), 0) FROM interactions)",
    ]
}
