internal import KhachCore

/// Every statement of the writer, prepared once.
struct WriteStatements {
    let begin: Statement
    let commit: Statement
    let rollback: Statement
    let updateIdentifier: Statement
    let selectFeed: Statement
    let updateFeed: Statement
    let insertBusiness: Statement
    let selectPage: Statement
    let insertPage: Statement
    let selectEventKey: Statement
    let insertEventKey: Statement
    let updateKeyed: Statement
    let insertInteraction: Statement
    let selectInteraction: Statement
    let updateInteraction: Statement
    let chainInteraction: Statement
    let selectCustomerByIdentity: Statement
    let selectCustomer: Statement
    let selectStored: Statement
    let insertIdentity: Statement
    let insertCustomer: Statement
    let moveCustomer: Statement
    let touchCustomer: Statement
    let updateCustomer: Statement
    let updateFacts: Statement
    let insertObservation: Statement
    let deleteObservations: Statement
    let selectObservations: Statement
    let selectPoint: Statement
    let selectPoints: Statement

    init(_ database: Database) throws(StoreError) {
        self.begin = try Statement(database, "BEGIN IMMEDIATE")
        self.commit = try Statement(database, "COMMIT")
        self.rollback = try Statement(database, "ROLLBACK")
        self.updateIdentifier = try Statement(
            database,
            "UPDATE meta SET last_identifier = ?1 WHERE id = 1"
        )
        self.selectFeed = try Statement(
            database,
            "SELECT head, customers, audit_head, time_zone FROM businesses WHERE id = ?1"
        )
        self.updateFeed = try Statement(
            database,
            "UPDATE businesses SET head = ?1, customers = ?2, audit_head = ?4 WHERE id = ?3"
        )
        self.insertBusiness = try Statement(database, Self.insertBusinessSQL)
        self.selectPage = try Statement(
            database,
            """
            SELECT id, business_id, name, created_at, own_contacts, block_mode FROM pages
            WHERE channel = ?1 AND external_page_id = ?2
            """
        )
        self.insertPage = try Statement(database, Self.insertPageSQL)
        self.selectEventKey = try Statement(
            database,
            "SELECT interaction_id FROM event_keys WHERE page_id = ?1 AND event_key = ?2"
        )
        self.insertEventKey = try Statement(
            database,
            "INSERT INTO event_keys VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"
        )
        self.updateKeyed = try Statement(
            database,
            "UPDATE meta SET keyed_up_to = ?1 WHERE id = 1"
        )
        self.insertInteraction = try Statement(database, Self.insertInteractionSQL)
        self.selectInteraction = try Statement(database, Self.selectInteractionSQL)
        self.updateInteraction = try Statement(database, Self.updateInteractionSQL)
        self.chainInteraction = try Statement(
            database,
            "UPDATE interactions SET previous_id = ?2 WHERE id = ?1"
        )
        self.selectCustomerByIdentity = try Statement(
            database,
            """
            SELECT business_id, record, facts, id, last_interaction, seq FROM customers WHERE id = (
                SELECT customer_id FROM identities
                WHERE page_id = ?1 AND id_kind = 1 AND external_user_id = ?2)
            """
        )
        self.selectCustomer = try Statement(
            database,
            """
            SELECT business_id, record, facts, id, last_interaction, seq
            FROM customers WHERE id = ?1
            """
        )
        self.selectStored = try Statement(
            database,
            "SELECT seq, record FROM customers WHERE id = ?1"
        )
        self.insertIdentity = try Statement(
            database,
            """
            INSERT INTO identities (page_id, id_kind, external_user_id, customer_id)
            VALUES (?1, 1, ?2, ?3)
            """
        )
        self.insertCustomer = try Statement(database, Self.insertCustomerSQL)
        self.moveCustomer = try Statement(database, Self.moveCustomerSQL)
        self.touchCustomer = try Statement(
            database,
            """
            UPDATE customers
            SET seq = ?2, record = ?8, facts = ?9, last_interaction = ?3, last_inbound_at = ?4
            WHERE id = ?1
            """
        )
        self.updateCustomer = try Statement(
            database,
            """
            UPDATE customers SET seq = ?2, record = ?8, facts = ?9, last_interaction = ?3
            WHERE id = ?1
            """
        )
        self.updateFacts = try Statement(
            database,
            "UPDATE customers SET facts = ?2, last_interaction = ?3 WHERE id = ?1"
        )
        self.insertObservation = try Statement(database, Self.insertObservationSQL)
        self.deleteObservations = try Statement(
            database,
            "DELETE FROM contact_observations WHERE interaction_id = ?1"
        )
        self.selectObservations = try Statement(database, SharedSQL.selectObservations)
        self.selectPoint = try Statement(database, Self.selectPointSQL)
        self.selectPoints = try Statement(database, Self.selectPointsSQL)
    }

    private static let insertObservationSQL: StaticString = """
        INSERT INTO contact_observations
            (interaction_id, kind, value, customer_id, byte_start, byte_end, rule,
             detector_version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    private static let selectPointSQL: StaticString = """
        SELECT found.value, seen.occurred_first, seen.occurred_last, found.byte_start
        FROM contact_observations AS found
            CROSS JOIN interactions AS seen ON seen.id = found.interaction_id
        WHERE found.customer_id = ?1 AND found.kind = ?2 AND found.value = ?3
        """
    private static let selectPointsSQL: StaticString = """
        SELECT found.value, seen.occurred_first, seen.occurred_last, found.byte_start
        FROM contact_observations AS found
            CROSS JOIN interactions AS seen ON seen.id = found.interaction_id
        WHERE found.customer_id = ?1 AND found.kind = ?2 ORDER BY found.value
        """

    private static let insertBusinessSQL: StaticString = """
        INSERT INTO businesses
            (id, name, time_zone, locale, created_at, head, customers, seq, record)
        VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, 1, ?6)
        """
    private static let insertPageSQL: StaticString = """
        INSERT INTO pages
            (id, business_id, channel, external_page_id, name, created_at, seq, record)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    private static let insertInteractionSQL: StaticString = """
        INSERT INTO interactions
            (page_id, event_key, customer_id, direction, kind, conversation_key, post_id,
             occurred_first, occurred_last, received_at, revision, state, text, pending_names,
             contact_count, ignored, previous_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
        """
    private static let selectInteractionSQL: StaticString = """
        SELECT id, customer_id, direction, kind, conversation_key, post_id, occurred_first,
            occurred_last, received_at, revision, state, text, pending_names,
            contact_count, ignored
        FROM interactions WHERE id = ?1
        """
    private static let updateInteractionSQL: StaticString = """
        UPDATE interactions
        SET customer_id = ?3, direction = ?4, kind = ?5, conversation_key = ?6, post_id = ?7,
            occurred_first = ?8, occurred_last = ?9, received_at = ?10, revision = ?11,
            state = ?12, text = ?13, pending_names = ?14, contact_count = ?15,
            ignored = ?16
        WHERE id = ?1
        """
    private static let insertCustomerSQL: StaticString = """
        INSERT INTO customers
            (id, seq, last_interaction, last_inbound_at, first_recorded_at, name_folded, traits,
             record, facts, created_at, business_id, page_id, first_inbound_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """
    // SQLite rewrites the entries of every index whose columns are named: who has only written
    // again, or was only answered, is updated by statements that name less.
    private static let moveCustomerSQL: StaticString = """
        UPDATE customers
        SET seq = ?2, last_interaction = ?3, last_inbound_at = ?4, first_recorded_at = ?5,
            name_folded = ?6, traits = ?7, record = ?8, facts = ?9, created_at = ?10,
            first_inbound_at = ?13
        WHERE id = ?1
        """
}
