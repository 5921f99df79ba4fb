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
    let businessPositionTies: Statement
    let businessPositions: Statement
    let pagePositionTies: Statement
    let pagePositions: Statement
    let countBusiness: Statement
    let countPage: Statement
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
            "SELECT head, customers FROM businesses WHERE id = ?1"
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
        self.businessPositionTies = try Statement(database, Self.businessPositionTiesSQL)
        self.businessPositions = try Statement(database, Self.businessPositionsSQL)
        self.pagePositionTies = try Statement(database, Self.pagePositionTiesSQL)
        self.pagePositions = try Statement(database, Self.pagePositionsSQL)
        self.countBusiness = try Statement(database, Self.countBusinessSQL)
        self.countPage = try Statement(database, Self.countPageSQL)
        self.businessByID = try Statement(
            database,
            "SELECT id, seq, record FROM businesses WHERE id = ?1 AND id > ?2"
        )
        self.pagesByID = try Statement(
            database,
            """
            SELECT id, seq, record FROM pages INDEXED BY pages_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id
            """
        )
        self.customersByID = try Statement(
            database,
            """
            SELECT id, seq, record FROM customers INDEXED BY customers_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id
            """
        )
        self.businessChange = try Statement(
            database,
            "SELECT seq, record FROM businesses WHERE id = ?1 AND seq > ?2"
        )
        self.pageChanges = try Statement(
            database,
            """
            SELECT seq, record FROM pages INDEXED BY pages_by_seq
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
        self.customerChanges = try Statement(
            database,
            """
            SELECT seq, record FROM customers INDEXED BY customers_by_seq
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
        self.tombstones = try Statement(
            database,
            """
            SELECT seq, record FROM tombstones
            WHERE business_id = ?1 AND seq > ?2 ORDER BY seq
            """
        )
    }

    // A keyset in two halves, so that each is one range of its index: the rest of the customers
    // made in the same millisecond, and then everyone older.
    private static let businessPositionTiesSQL: StaticString = """
        SELECT created_at, id FROM customers INDEXED BY customers_by_business
        WHERE business_id = ?1 AND created_at = ?2 AND id < ?3
        ORDER BY id DESC LIMIT ?4
        """
    private static let businessPositionsSQL: StaticString = """
        SELECT created_at, id FROM customers INDEXED BY customers_by_business
        WHERE business_id = ?1 AND created_at >= ?2 AND created_at < ?3
        ORDER BY created_at DESC, id DESC LIMIT ?4
        """
    private static let pagePositionTiesSQL: StaticString = """
        SELECT created_at, id FROM customers INDEXED BY customers_by_page
        WHERE page_id = ?1 AND created_at = ?2 AND id < ?3
        ORDER BY id DESC LIMIT ?4
        """
    private static let pagePositionsSQL: StaticString = """
        SELECT created_at, id FROM customers INDEXED BY customers_by_page
        WHERE page_id = ?1 AND created_at >= ?2 AND created_at < ?3
        ORDER BY created_at DESC, id DESC LIMIT ?4
        """
    private static let countBusinessSQL: StaticString = """
        SELECT count(*) FROM (
            SELECT 1 FROM customers INDEXED BY customers_by_business
            WHERE business_id = ?1 AND created_at >= ?2 AND created_at < ?3 LIMIT ?4)
        """
    private static let countPageSQL: StaticString = """
        SELECT count(*) FROM (
            SELECT 1 FROM customers INDEXED BY customers_by_page
            WHERE page_id = ?1 AND created_at >= ?2 AND created_at < ?3 LIMIT ?4)
        """
}
