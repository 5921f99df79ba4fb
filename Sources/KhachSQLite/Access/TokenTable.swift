internal import KhachCore

/// The rows of tokens; rare, so its statements are prepared when they are needed.
struct TokenTable {
    private let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// In order of id.
    func all() throws(StoreError) -> [AccessToken] {
        let select = try Statement(
            self.database,
            """
            SELECT id, name, business_id, all_pages, permissions, created_at, expires_at,
                revoked_at, principal
            FROM tokens ORDER BY id
            """
        )
        var tokens: [AccessToken] = []
        while try select.step() {
            let id = TokenID(rawValue: select.integer(0))
            let business = BusinessID(rawValue: select.integer(2))
            let scope: AccessScope
            if business.rawValue == 0 {
                scope = .everything
            } else if select.integer(3) != 0 {
                scope = .business(business)
            } else {
                scope = .pages(try self.pages(of: id), of: business)
            }
            tokens.append(
                AccessToken(
                    id: id,
                    name: select.text(1),
                    scope: scope,
                    permissions: Permissions(rawValue: UInt32(clamping: select.integer(4))),
                    createdAt: select.instant(5),
                    expiresAt: select.isNull(6) ? nil : select.instant(6),
                    revokedAt: select.isNull(7) ? nil : select.instant(7),
                    secrets: try self.secrets(of: id),
                    principal: try self.principal(select, 8)
                )
            )
        }
        return tokens
    }

    private func principal(
        _ row: borrowing Statement,
        _ column: Int32
    ) throws(StoreError) -> Principal? {
        guard !row.isNull(column) else { return nil }
        guard let principal = Principal(text: row.text(column)) else {
            throw StoreError(.corrupt, "a principal expected in a token, another text found")
        }

        return principal
    }

    func count() throws(StoreError) -> Int {
        Int(try self.database.integer("SELECT count(*) FROM tokens"))
    }

    /// Writes a token in the place of the one with its id.
    func put(_ token: AccessToken) throws(StoreError) {
        let insert = try Statement(
            self.database,
            """
            INSERT OR REPLACE INTO tokens (
                id, name, business_id, all_pages, permissions, created_at, expires_at, revoked_at,
                principal)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, ''))
            """
        )
        insert.bind(1, token.id.rawValue)
        insert.bind(3, token.scope.business?.rawValue ?? 0)
        insert.bind(4, Int64(token.scope.pages == nil ? 1 : 0))
        insert.bind(5, Int64(token.permissions.rawValue))
        insert.bind(6, token.createdAt)
        insert.bind(7, token.expiresAt)
        insert.bind(8, token.revokedAt)
        let texts = [(2, token.name), (9, token.principal.map { "\($0)" } ?? "")]
        try insert.lend(texts.map { (Int32($0), $1) }) { () throws(StoreError) in
            try insert.run()
        }
        try self.putPages(token)
        try self.putSecrets(token)
    }

    private func putPages(_ token: AccessToken) throws(StoreError) {
        let insert = try Statement(
            self.database,
            "INSERT OR IGNORE INTO token_pages (token_id, page_id) VALUES (?1, ?2)"
        )
        for page in token.scope.pages ?? [] {
            insert.bind(1, token.id.rawValue)
            insert.bind(2, page.rawValue)
            try insert.run()
        }
    }

    private func putSecrets(_ token: AccessToken) throws(StoreError) {
        let delete = try Statement(self.database, "DELETE FROM token_secrets WHERE token_id = ?1")
        delete.bind(1, token.id.rawValue)
        try delete.run()
        let insert = try Statement(
            self.database,
            """
            INSERT INTO token_secrets (token_id, number, hash, expires_at)
            VALUES (?1, ?2, ?3, ?4)
            """
        )
        for (number, secret) in token.secrets.enumerated() {
            insert.bind(1, token.id.rawValue)
            insert.bind(2, Int64(number))
            insert.bind(4, secret.expiresAt)
            try secret.hash.lend { (hash) throws(StoreError) in
                insert.bind(3, blob: hash)
                try insert.run()
            }
        }
    }

    private func pages(of token: TokenID) throws(StoreError) -> Set<PageID> {
        let select = try Statement(
            self.database,
            "SELECT page_id FROM token_pages WHERE token_id = ?1"
        )
        select.bind(1, token.rawValue)
        var pages: Set<PageID> = []
        while try select.step() { pages.insert(PageID(rawValue: select.integer(0))) }
        return pages
    }

    private func secrets(of token: TokenID) throws(StoreError) -> [AccessToken.Secret] {
        let select = try Statement(
            self.database,
            "SELECT hash, expires_at FROM token_secrets WHERE token_id = ?1 ORDER BY number"
        )
        select.bind(1, token.rawValue)
        var secrets: [AccessToken.Secret] = []
        while try select.step() {
            secrets.append(
                AccessToken.Secret(
                    hash: Array(select.bytes(0)),
                    expiresAt: select.isNull(1) ? nil : select.instant(1)
                )
            )
        }
        return secrets
    }
}
