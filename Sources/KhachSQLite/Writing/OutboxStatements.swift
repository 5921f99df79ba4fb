internal import KhachCore

/// The statements of what caches sent, prepared once.
struct OutboxStatements {
    let selectBusiness: Statement
    let selectClient: Statement
    let upsertClient: Statement
    let selectOutcome: Statement
    let insertOutcome: Statement
    let deleteOutcomes: Statement
    let selectOfCustomer: Statement
    let updateOutcome: Statement

    init(_ database: Database) throws(StoreError) {
        self.selectBusiness = try Statement(database, "SELECT 1 FROM businesses WHERE id = ?1")
        self.selectClient = try Statement(
            database,
            """
            SELECT last_mutation_id, durable_mutation_id, written_at FROM sync_clients
            WHERE business_id = ?1 AND client_id = ?2
            """
        )
        self.upsertClient = try Statement(
            database,
            """
            INSERT INTO sync_clients
                (business_id, client_id, last_mutation_id, durable_mutation_id, written_at)
            VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET last_mutation_id = ?3, durable_mutation_id = ?4,
                written_at = ?5
            """
        )
        self.selectOutcome = try Statement(
            database,
            """
            SELECT payload_hash, outcome FROM client_mutations
            WHERE business_id = ?1 AND client_id = ?2 AND mutation_id = ?3
            """
        )
        self.insertOutcome = try Statement(
            database,
            """
            INSERT INTO client_mutations
                (business_id, client_id, mutation_id, payload_hash, outcome, customer_id)
            VALUES (?1, ?2, ?3, ?4, ?5, nullif(?6, 0))
            """
        )
        self.deleteOutcomes = try Statement(
            database,
            """
            DELETE FROM client_mutations
            WHERE business_id = ?1 AND client_id = ?2 AND mutation_id <= ?3
            """
        )
        self.selectOfCustomer = try Statement(
            database,
            """
            SELECT business_id, client_id, mutation_id FROM client_mutations
            WHERE customer_id = ?1 LIMIT 1
            """
        )
        self.updateOutcome = try Statement(
            database,
            """
            UPDATE client_mutations SET outcome = ?4, customer_id = NULL
            WHERE business_id = ?1 AND client_id = ?2 AND mutation_id = ?3
            """
        )
    }
}
