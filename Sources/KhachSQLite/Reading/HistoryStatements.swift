internal import KhachCore

/// The statements of `Reader+History`, prepared once.
struct HistoryStatements {
    let selectRedirected: Statement
    let selectSurvivor: Statement
    let selectEvidence: Statement
    let selectFacts: Statement
    let selectAudit: Statement
    let selectAuditOfCustomer: Statement
    let selectRoles: Statement
    let selectPending: Statement
    let selectKeys: Statement
    let selectText: Statement
    let selectObservations: Statement
    let selectPageIDs: Statement
    let selectPage: Statement
    let selectPageID: Statement
    let selectPlace: Statement

    init(_ database: Database) throws(StoreError) {
        self.selectRedirected = try Statement(database, Self.selectRedirectedSQL)
        self.selectSurvivor = try Statement(
            database,
            "SELECT new_id FROM customer_redirects WHERE old_id = ?1"
        )
        self.selectEvidence = try Statement(database, Self.selectEvidenceSQL)
        self.selectFacts = try Statement(database, "SELECT facts FROM customers WHERE id = ?1")
        self.selectAudit = try Statement(database, Self.selectAuditSQL)
        self.selectAuditOfCustomer = try Statement(database, Self.selectAuditOfCustomerSQL)
        self.selectRoles = try Statement(database, SharedSQL.selectRoles)
        self.selectPending = try Statement(database, Self.selectPendingSQL)
        self.selectKeys = try Statement(database, Self.selectKeysSQL)
        self.selectText = try Statement(database, Self.selectTextSQL)
        self.selectObservations = try Statement(database, SharedSQL.selectObservations)
        self.selectPageIDs = try Statement(
            database,
            "SELECT id FROM pages INDEXED BY pages_by_id WHERE business_id = ?1 ORDER BY id"
        )
        self.selectPage = try Statement(database, Self.selectPageSQL)
        self.selectPageID = try Statement(
            database,
            "SELECT id FROM pages WHERE channel = ?1 AND external_page_id = ?2"
        )
        self.selectPlace = try Statement(database, Self.selectPlaceSQL)
    }

    private static let selectPlaceSQL: StaticString = """
        SELECT business_id, page_id FROM customers
        WHERE id = coalesce((SELECT new_id FROM customer_redirects WHERE old_id = ?1), ?1)
        UNION ALL
        SELECT business_id, page_id FROM tombstones INDEXED BY tombstones_by_customer
        WHERE customer_id = ?1
        LIMIT 1
        """

    private static let selectRedirectedSQL: StaticString = """
        SELECT business_id, seq, record FROM customers
        WHERE id = (SELECT new_id FROM customer_redirects WHERE old_id = ?1)
        """
    private static let selectEvidenceSQL: StaticString = """
        SELECT seen.event_key, found.byte_start, found.byte_end, found.rule,
            found.detector_version, seen.occurred_first, seen.occurred_last, seen.text
        FROM contact_observations AS found
            INDEXED BY contact_observations_by_customer
            CROSS JOIN interactions AS seen ON seen.id = found.interaction_id
        WHERE found.customer_id = ?1 AND found.kind = ?2 AND found.value = ?3
        ORDER BY seen.occurred_last DESC, seen.event_key LIMIT ?4
        """
    private static let selectAuditSQL: StaticString = """
        SELECT number, at, actor, request_id, action, customer_id, entity_id, field,
            value_before, value_after, reason
        FROM audit WHERE business_id = ?1 AND number < ?2 ORDER BY number DESC LIMIT ?3
        """
    private static let selectAuditOfCustomerSQL: StaticString = """
        SELECT number, at, actor, request_id, action, customer_id, entity_id, field,
            value_before, value_after, reason
        FROM audit INDEXED BY audit_by_customer
        WHERE customer_id = ?4 AND business_id = ?1 AND number < ?2
        ORDER BY number DESC LIMIT ?3
        """
    private static let selectPendingSQL: StaticString = """
        SELECT customer_id FROM pending_blocks
        WHERE page_id = ?1 AND customer_id > ?2 ORDER BY customer_id LIMIT ?3
        """
    // The keys of the latest interactions are not in their table yet.
    private static let selectKeysSQL: StaticString = """
        SELECT event_key, interaction_id FROM event_keys WHERE page_id = ?1 AND event_key > ?2
        UNION
        SELECT event_key, id FROM interactions
        WHERE id > (SELECT keyed_up_to FROM meta WHERE id = 1)
            AND page_id = ?1 AND event_key > ?2
        ORDER BY event_key LIMIT ?3
        """
    private static let selectTextSQL: StaticString = """
        SELECT id, event_key, customer_id, revision, contact_count, direction, length(text), text
        FROM interactions WHERE id = ?1
        """
    private static let selectPageSQL: StaticString = """
        SELECT business_id, channel, external_page_id, name, created_at, own_contacts, block_mode
        FROM pages WHERE id = ?1
        """
}
