internal import KhachCore

/// The statements of changes by hand, prepared once.
struct MutationStatements {
    let selectRedirect: Statement
    let selectBusiness: Statement
    let updateBusiness: Statement
    let selectPageByID: Statement
    let updatePage: Statement
    let selectRoles: Statement
    let deleteRoles: Statement
    let deleteRole: Statement
    let insertRole: Statement
    let insertPendingBlock: Statement
    let deletePendingBlock: Statement
    let insertAudit: Statement
    let clearAudit: Statement
    let selectRoleAudit: Statement
    let updateRoleAudit: Statement
    let redirectAudit: Statement
    let selectRequest: Statement
    let insertRequest: Statement
    let pruneRequests: Statement
    let selectOtherIdentity: Statement
    let insertOtherIdentity: Statement
    let deleteIdentity: Statement
    let deleteOtherIdentity: Statement
    let moveIdentities: Statement
    let moveOtherIdentities: Statement
    let moveInteractions: Statement
    let joinChains: Statement
    let moveObservations: Statement
    let moveRedirects: Statement
    let insertRedirect: Statement
    let deleteRedirects: Statement
    let deleteCustomer: Statement
    let insertTombstone: Statement
    let selectTombstone: Statement
    let selectOldTombstones: Statement
    let deleteTombstones: Statement
    let raiseHorizon: Statement
    let eraseInteractions: Statement
    let eraseObservations: Statement
    let selectRegisters: Statement
    let selectEarliest: Statement
    let selectWritten: Statement
    let selectCustomerIDs: Statement
    let selectTexts: Statement
    let dropTexts: Statement
    let updateDropped: Statement

    init(_ database: Database) throws(StoreError) {
        func make(_ sql: StaticString...) throws(StoreError) -> Statement {
            try Statement(database, sql)
        }
        self.selectRedirect = try make("SELECT new_id FROM customer_redirects WHERE old_id = ?1")
        self.selectBusiness = try make(
            "SELECT name, time_zone, locale, created_at FROM businesses WHERE id = ?1"
        )
        self.updateBusiness = try make(
            "UPDATE businesses SET name = ?2, time_zone = ?3, seq = ?4, record = ?5 WHERE id = ?1"
        )
        self.selectPageByID = try make(
            "SELECT channel, external_page_id FROM pages WHERE id = ?1"
        )
        self.updatePage = try make(Self.updatePageSQL)
        self.selectRoles = try make(SharedSQL.selectRoles)
        self.deleteRoles = try make("DELETE FROM role_accounts WHERE page_id = ?1")
        self.deleteRole = try make(
            "DELETE FROM role_accounts WHERE page_id = ?1 AND external_user_id = ?2"
        )
        self.insertRole = try make(Self.insertRoleSQL)
        self.insertPendingBlock = try make(Self.insertPendingBlockSQL)
        self.deletePendingBlock = try make(
            "DELETE FROM pending_blocks WHERE page_id = ?1 AND customer_id = ?2"
        )
        self.insertAudit = try make(Self.insertAuditSQL)
        self.clearAudit = try make(Self.clearAuditSQL)
        self.selectRoleAudit = try make(Self.selectRoleAuditSQL)
        self.updateRoleAudit = try make(Self.updateRoleAuditSQL)
        self.redirectAudit = try make(
            "UPDATE audit SET customer_id = ?2 WHERE customer_id = ?1"
        )
        self.selectRequest = try make(Self.selectRequestSQL)
        self.insertRequest = try make(Self.insertRequestSQL)
        self.pruneRequests = try make(Self.pruneRequestsSQL)
        self.selectOtherIdentity = try make(Self.selectOtherIdentitySQL)
        self.insertOtherIdentity = try make(Self.insertOtherIdentitySQL)
        self.deleteIdentity = try make(Self.deleteIdentitySQL)
        self.deleteOtherIdentity = try make(Self.deleteOtherIdentitySQL)
        self.moveIdentities = try make(Self.moveIdentitiesSQL)
        self.moveOtherIdentities = try make(Self.moveOtherIdentitiesSQL)
        self.moveInteractions = try make(Self.chainSQL, Self.moveInteractionsSQL)
        self.joinChains = try make(Self.chainSQL, Self.joinChainsSQL)
        self.moveObservations = try make(
            "UPDATE contact_observations SET customer_id = ?2 WHERE customer_id = ?1"
        )
        self.moveRedirects = try make(
            "UPDATE customer_redirects SET new_id = ?2 WHERE new_id = ?1"
        )
        self.insertRedirect = try make(
            "INSERT INTO customer_redirects (old_id, new_id) VALUES (?1, ?2)"
        )
        self.deleteRedirects = try make("DELETE FROM customer_redirects WHERE new_id = ?1")
        self.deleteCustomer = try make("DELETE FROM customers WHERE id = ?1")
        self.selectTombstone = try make(Self.selectTombstoneSQL)
        self.insertTombstone = try make(Self.insertTombstoneSQL)
        self.selectOldTombstones = try make(Self.selectOldTombstonesSQL)
        self.deleteTombstones = try make(
            "DELETE FROM tombstones WHERE business_id = ?1 AND seq <= ?2"
        )
        self.raiseHorizon = try make(Self.raiseHorizonSQL)
        self.eraseInteractions = try make(Self.chainSQL, Self.eraseInteractionsSQL)
        self.eraseObservations = try make(Self.chainSQL, Self.eraseObservationsSQL)
        self.selectRegisters = try make(Self.chainSQL, Self.selectRegistersSQL)
        self.selectEarliest = try make(Self.selectEarliestSQL)
        self.selectWritten = try make(Self.selectWrittenSQL)
        self.selectCustomerIDs = try make(Self.selectCustomerIDsSQL)
        self.selectTexts = try make(Self.selectTextsSQL)
        self.dropTexts = try make("UPDATE interactions SET text = '' WHERE id = ?1")
        self.updateDropped = try make("UPDATE meta SET texts_dropped = ?1 WHERE id = 1")
    }
}

extension MutationStatements {
    private static let updatePageSQL: StaticString = """
        UPDATE pages SET name = ?2, own_contacts = ?3, block_mode = ?4, seq = ?5, record = ?6
        WHERE id = ?1
        """
    private static let insertRoleSQL: StaticString = """
        INSERT INTO role_accounts (page_id, external_user_id, name, roles)
        VALUES (?1, ?2, ?3, ?4)
        """
    private static let insertPendingBlockSQL: StaticString = """
        INSERT INTO pending_blocks (page_id, customer_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING
        """
    private static let insertAuditSQL: StaticString = """
        INSERT INTO audit
            (business_id, number, at, actor, request_id, action, customer_id, entity_id, field,
             value_before, value_after, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """
    private static let clearAuditSQL: StaticString = """
        UPDATE audit SET value_before = '', value_after = '', reason = '' WHERE customer_id = ?1
        """
    private static let selectRoleAuditSQL: StaticString = """
        SELECT number, value_before, value_after FROM audit
        WHERE business_id = ?1 AND number > ?2 AND action = ?3 AND entity_id = ?4
        ORDER BY number LIMIT 1
        """
    private static let updateRoleAuditSQL: StaticString = """
        UPDATE audit SET value_before = ?3, value_after = ?4 WHERE business_id = ?1 AND number = ?2
        """
    private static let selectRequestSQL: StaticString = """
        SELECT fingerprint, answer FROM mutation_requests
        WHERE business_id = ?1 AND request_id = ?2
        """
    private static let insertRequestSQL: StaticString = """
        INSERT INTO mutation_requests (business_id, request_id, at, fingerprint, answer)
        VALUES (?1, ?2, ?3, ?4, ?5)
        """
    private static let pruneRequestsSQL: StaticString = """
        DELETE FROM mutation_requests WHERE (business_id, request_id) IN (
            SELECT business_id, request_id FROM mutation_requests WHERE at < ?1 LIMIT 100)
        """
    private static let selectOtherIdentitySQL: StaticString = """
        SELECT customer_id FROM other_identities
        WHERE page_id = ?1 AND kind = ?2 AND external_user_id = ?3
        """
    private static let insertOtherIdentitySQL: StaticString = """
        INSERT INTO other_identities (page_id, kind, external_user_id, customer_id)
        VALUES (?1, ?2, ?3, ?4)
        """
    private static let deleteIdentitySQL: StaticString = """
        DELETE FROM identities WHERE page_id = ?1 AND id_kind = 1 AND external_user_id = ?2
        """
    private static let deleteOtherIdentitySQL: StaticString = """
        DELETE FROM other_identities
        WHERE page_id = ?1 AND kind = ?2 AND external_user_id = ?3
        """
    private static let moveIdentitiesSQL: StaticString = """
        UPDATE identities SET customer_id = ?3
        WHERE page_id = ?1 AND id_kind = 1 AND external_user_id = ?2
        """
    private static let moveOtherIdentitiesSQL: StaticString = """
        UPDATE other_identities SET customer_id = ?4
        WHERE page_id = ?1 AND kind = ?2 AND external_user_id = ?3
        """
    private static let selectTombstoneSQL: StaticString = """
        SELECT seq, business_id FROM tombstones WHERE customer_id = ?1
        """
    /// Times of a business's tombstones are in the order of their sequences, whatever the clock.
    private static let insertTombstoneSQL: StaticString = """
        INSERT INTO tombstones (business_id, seq, customer_id, record, page_id, at)
        VALUES (?1, ?2, ?3, ?4, ?5, max(?6, coalesce((
            SELECT at FROM tombstones WHERE business_id = ?1 ORDER BY seq DESC LIMIT 1), ?6)))
        """
    private static let selectOldTombstonesSQL: StaticString = """
        SELECT business_id, seq FROM tombstones INDEXED BY tombstones_by_time
        WHERE at < ?1 ORDER BY at, business_id, seq LIMIT ?2
        """
    private static let raiseHorizonSQL: StaticString = """
        UPDATE businesses SET tombstone_horizon = max(tombstone_horizon, ?2) WHERE id = ?1
        """
    /// Begins the statements of a customer's interactions: they are given the last one, and go back
    /// from it; none twice, so that they end also where a damaged file has made a circle of them.
    private static let chainSQL: StaticString = """
        WITH RECURSIVE chain (id) AS (
            VALUES (?1) UNION
            SELECT previous_id FROM interactions JOIN chain USING (id) WHERE previous_id <> 0)

        """
    private static let moveInteractionsSQL: StaticString = """
        UPDATE interactions SET customer_id = ?2 WHERE id IN (SELECT id FROM chain)
        """
    /// Behind the first interaction of a chain comes the last of another.
    private static let joinChainsSQL: StaticString = """
        UPDATE interactions SET previous_id = ?2
        WHERE previous_id = 0 AND id IN (SELECT id FROM chain)
        """
    // The key stays, so that the same delivery again does not bring the customer back.
    private static let eraseInteractionsSQL: StaticString = """
        UPDATE interactions
        SET customer_id = NULL, conversation_key = '', post_id = '', state = 4, text = '',
            pending_names = NULL, contact_count = 0, previous_id = 0
        WHERE id IN (SELECT id FROM chain)
        """
    private static let eraseObservationsSQL: StaticString = """
        DELETE FROM contact_observations WHERE interaction_id IN (SELECT id FROM chain)
        """
    private static let selectRegistersSQL: StaticString = """
        SELECT direction, kind, post_id, occurred_first, occurred_last
        FROM chain CROSS JOIN interactions USING (id)
        WHERE ignored = 0 AND occurred_first IS NOT NULL
        """
    private static let selectEarliestSQL: StaticString = """
        SELECT occurred_first FROM interactions INDEXED BY interactions_by_comment
        WHERE customer_id = ?1 AND kind = 2 AND post_id = ?2 AND occurred_first IS NOT NULL
            AND ignored = 0
        ORDER BY occurred_first LIMIT 2
        """
    private static let selectWrittenSQL: StaticString = """
        WITH RECURSIVE chain (id) AS (
            VALUES (?1) UNION
            SELECT previous_id FROM interactions JOIN chain USING (id) WHERE previous_id <> 0)
        SELECT occurred_first
        FROM chain CROSS JOIN interactions USING (id)
        WHERE direction = 1 AND kind = ?2 AND ignored = 0 AND occurred_first BETWEEN ?3 AND ?4
        """
    private static let selectCustomerIDsSQL: StaticString = """
        SELECT id FROM customers INDEXED BY customers_by_id
        WHERE business_id = ?1 AND id > ?2 ORDER BY id LIMIT 1000
        """
    private static let selectTextsSQL: StaticString = """
        SELECT id, received_at, text <> '' FROM interactions WHERE id > ?1 ORDER BY id LIMIT ?2
        """
}
