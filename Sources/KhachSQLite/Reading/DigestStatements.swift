internal import KhachCore

/// The statements of `Reader+Digests`, prepared once.
struct DigestStatements {
    let selectDigests: Statement
    let scanCustomers: Statement
    let selectCustomer: Statement
    let selectPage: Statement
    let selectBusiness: Statement

    init(_ database: Database) throws(StoreError) {
        self.selectDigests = try Statement(
            database,
            "SELECT slot, low, high, count FROM digests WHERE page_id = ?1"
        )
        // Answered by the index alone: a row is read only when its slot is one of those.
        self.scanCustomers = try Statement(
            database,
            """
            SELECT id FROM customers INDEXED BY customers_by_id
            WHERE business_id = ?1 AND id > ?2 ORDER BY id
            """
        )
        self.selectCustomer = try Statement(
            database,
            "SELECT business_id, seq, record, page_id FROM customers WHERE id = ?1"
        )
        self.selectPage = try Statement(
            database,
            "SELECT business_id, seq, record FROM pages WHERE id = ?1"
        )
        self.selectBusiness = try Statement(
            database,
            "SELECT id, seq, record FROM businesses WHERE id = ?1"
        )
    }
}
