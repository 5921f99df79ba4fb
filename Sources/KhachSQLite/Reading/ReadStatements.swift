internal import KhachCore

/// Every statement of a reader, prepared once.
struct ReadStatements {
    let begin: Statement
    let end: Statement
    let selectCustomer: Statement
    let selectFeed: Statement
    let selectBusiness: Statement
    let listBusinesses: Statement
    let listPages: Statement
    let selectPageBusiness: Statement
    let businessByID: Statement
    let pagesByID: Statement
    let customersByID: Statement
    let businessChange: Statement
    let pageChanges: Statement
    let customerChanges: Statement
    let tombstones: Statement

    init(_ database: Database) throws(StoreError) {
        self.begin = try Statement(database, "BEGIN")
        self.end = try Statement(database, "COMMIT")
        self.selectCustomer = try Statement(
            database,
            "SELECT business_id, seq, record FROM customers WHERE id = ?1"
        )
        self.selectFeed = try Statement(
            database,
            "SELECT head, customers, tombstone_horizon FROM businesses WHERE id = ?1"
        )
        self.selectBusiness = try Statement(
            database,
            "SELECT id, name, time_zone, locale, created_at FROM businesses WHERE id = ?1"
        )
        self.listBusinesses = try Statement(
            database,
            """
            SELECT id, name, time_zone, locale, created_at FROM businesses
            WHERE id > ?1 ORDER BY id LIMIT ?2
            """
        )
        self.listPages = try Statement(
            database,
            """
            SELECT id, channel, external_page_id, name, created_at, own_contacts, block_mode
            FROM pages INDEXED BY pages_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3
            """
        )
        self.selectPageBusiness = try Statement(
            database,
            "SELECT business_id FROM pages WHERE id = ?1"
        )
        self.businessByID = try Statement(
            database,
            "SELECT id, seq, record, NULL FROM businesses WHERE id = ?1 AND id > ?2"
        )
        self.pagesByID = try Statement(
            database,
            """
            SELECT id, seq, record, id FROM pages INDEXED BY pages_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id
            """
        )
        self.customersByID = try Statement(
            database,
            """
            SELECT id, seq, record, page_id FROM customers INDEXED BY customers_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id
            """
        )
        self.businessChange = try Statement(
            database,
            "SELECT seq, record, NULL FROM businesses WHERE id = ?1 AND seq > ?2"
        )
        self.pageChanges = try Statement(
            database,
            """
            SELECT seq, record, id FROM pages INDEXED BY pages_by_seq
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
        self.customerChanges = try Statement(
            database,
            """
            SELECT seq, record, page_id FROM customers INDEXED BY customers_by_seq
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
        self.tombstones = try Statement(
            database,
            """
            SELECT seq, record, nullif(page_id, 0) FROM tombstones
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
    }
}
