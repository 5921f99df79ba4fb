internal import KhachCore

/// What version 2 adds for callers that are known: tokens, and the hashes of their secrets.
extension Schema {
    static let version2Access: [StaticString] = [
        // `business_id` 0 is every business; `all_pages` is 0 for those of `token_pages`.
        """
        CREATE TABLE tokens (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            business_id INTEGER NOT NULL,
            all_pages INTEGER NOT NULL,
            permissions INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            revoked_at INTEGER,
            principal TEXT
        ) STRICT
        """,
        """
        CREATE TABLE token_pages (
            token_id INTEGER NOT NULL,
            page_id INTEGER NOT NULL,
            PRIMARY KEY (token_id, page_id)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE token_secrets (
            token_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            hash BLOB NOT NULL,
            expires_at INTEGER,
            PRIMARY KEY (token_id, number)
        ) STRICT, WITHOUT ROWID
        """,
    ]
}
