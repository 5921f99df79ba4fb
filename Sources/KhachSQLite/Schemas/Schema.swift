/// The tables of a store.
///
/// Nothing here may change once it shipped; a change is a new step of `Migrations`.
enum Schema {
    static let version1: [StaticString] = [
        """
        CREATE TABLE meta (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            generation BLOB NOT NULL,
            sealing_key BLOB NOT NULL,
            last_identifier INTEGER NOT NULL,
            schema_epoch INTEGER NOT NULL
        ) STRICT
        """,
        // `head` is the last sequence given out; `customers` counts them, for progress.
        """
        CREATE TABLE businesses (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            locale TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            head INTEGER NOT NULL,
            customers INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            record BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE pages (
            id INTEGER PRIMARY KEY,
            business_id INTEGER NOT NULL,
            channel INTEGER NOT NULL,
            external_page_id TEXT NOT NULL,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            record BLOB NOT NULL,
            UNIQUE (channel, external_page_id)
        ) STRICT
        """,
        "CREATE INDEX pages_by_id ON pages (business_id)",
        "CREATE UNIQUE INDEX pages_by_seq ON pages (business_id, seq)",
        // Version 2 makes this table anew. The id is the last part of every index, as the row id;
        // it is not named again.
        """
        CREATE TABLE customers (
            id INTEGER PRIMARY KEY,
            business_id INTEGER NOT NULL,
            page_id INTEGER NOT NULL,
            channel INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            first_recorded_at INTEGER NOT NULL,
            first_inbound_at INTEGER,
            last_inbound_at INTEGER,
            last_outbound_at INTEGER,
            name_folded TEXT NOT NULL,
            name_status INTEGER NOT NULL,
            has_phone INTEGER NOT NULL DEFAULT 0,
            has_email INTEGER NOT NULL DEFAULT 0,
            blocked INTEGER NOT NULL DEFAULT 0,
            seq INTEGER NOT NULL,
            record BLOB NOT NULL,
            facts BLOB NOT NULL
        ) STRICT
        """,
        "CREATE INDEX customers_by_id ON customers (business_id)",
        "CREATE INDEX customers_by_seq ON customers (business_id, seq)",
        "CREATE INDEX customers_by_business ON customers (business_id, created_at)",
        "CREATE INDEX customers_by_page ON customers (page_id, created_at)",
        """
        CREATE TABLE identities (
            page_id INTEGER NOT NULL,
            id_kind INTEGER NOT NULL,
            external_user_id TEXT NOT NULL,
            customer_id INTEGER NOT NULL,
            PRIMARY KEY (page_id, id_kind, external_user_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE interactions (
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
            UNIQUE (page_id, event_key)
        ) STRICT
        """,
        // What was found in texts; `contact_count` of the interaction says how many rows it has.
        """
        CREATE TABLE contact_observations (
            interaction_id INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            value TEXT NOT NULL,
            customer_id INTEGER,
            byte_start INTEGER NOT NULL,
            byte_end INTEGER NOT NULL,
            rule TEXT NOT NULL,
            detector_version TEXT NOT NULL,
            PRIMARY KEY (interaction_id, kind, value)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX contact_observations_by_customer
        ON contact_observations (customer_id, kind, value) WHERE customer_id IS NOT NULL
        """,
        """
        CREATE TABLE tombstones (
            business_id INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            customer_id INTEGER NOT NULL,
            record BLOB NOT NULL,
            PRIMARY KEY (business_id, seq)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
