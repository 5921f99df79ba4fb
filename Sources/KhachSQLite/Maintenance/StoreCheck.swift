internal import Glibc
package import KhachCore

/// Whether a store is whole: its file, what its rows say of each other, its digests.
package enum StoreCheck {
    /// What one check found.
    package struct Finding: Hashable, Sendable {
        /// What has to be so.
        package var law: String
        /// How often it is not.
        package var faults: Int64
    }

    /// Looks at a store of a folder, or at a copy of one, at one moment; a server may go on.
    package static func run(_ path: String) throws(StoreError) -> [Finding] {
        guard access(path, R_OK) == 0 else {
            throw StoreError(.notFound, "a store expected at \(path), none found")
        }

        let database = try Database(path: path, access: .readOnly)
        guard try database.integer("PRAGMA application_id") == Migrations.applicationID else {
            throw StoreError(.invalid, "a Khach store expected at \(path), another file found")
        }

        let expected = Migrations.all.steps.last?.version ?? 0
        let found = try database.integer("PRAGMA user_version")
        guard found == expected else {
            throw StoreError(.schemaTooNew, "schema version \(expected) expected, \(found) found")
        }

        try database.execute("BEGIN")
        var findings = [Finding(law: "the file is whole", faults: try self.damage(in: database))]
        for (law, sql) in self.laws {
            findings.append(Finding(law: law, faults: try database.integer(sql)))
        }
        findings.append(
            Finding(
                law: "a page's digests are those of its rows",
                faults: Int64(try PageDigests.differences(in: database))
            )
        )
        try database.execute("COMMIT")
        return findings
    }

    private static func damage(in database: Database) throws(StoreError) -> Int64 {
        let check = try Statement(database, "PRAGMA integrity_check(100)")
        var count: Int64 = 0
        while try check.step() {
            if check.text(0) != "ok" { count += 1 }
        }
        return count
    }

    private static let laws: [(String, StaticString)] = [
        (
            "an id of a channel names a customer",
            """
            SELECT count(*) FROM identities LEFT JOIN customers ON customers.id = customer_id
            WHERE customers.id IS NULL
            """
        ),
        (
            "a customer that was linked answers as one that is there",
            """
            SELECT count(*) FROM customer_redirects LEFT JOIN customers ON customers.id = new_id
            WHERE customers.id IS NULL
            """
        ),
        (
            "a customer is of a page of its business",
            """
            SELECT count(*) FROM customers LEFT JOIN pages ON pages.id = page_id
            WHERE pages.business_id IS NOT customers.business_id
            """
        ),
        (
            "a business knows how many customers it has",
            """
            SELECT count(*) FROM businesses WHERE customers <> (
                SELECT count(*) FROM customers WHERE business_id = businesses.id)
            """
        ),
        (
            "the lists know how many customers a business has",
            """
            SELECT count(*) FROM businesses WHERE customers <> (
                SELECT coalesce(sum(customers), 0) FROM customer_counts
                WHERE business_id = businesses.id)
            """
        ),
        (
            "no change is later than its business's last",
            """
            SELECT count(*) FROM (
                SELECT business_id, seq FROM customers UNION ALL
                SELECT business_id, seq FROM tombstones UNION ALL
                SELECT business_id, seq FROM pages UNION ALL
                SELECT id, seq FROM businesses
            ) AS changes JOIN businesses ON businesses.id = changes.business_id
            WHERE changes.seq > head OR changes.seq < 1
            """
        ),
        (
            "a commit sequence is one change's",
            """
            SELECT count(*) FROM (
                SELECT business_id, seq FROM (
                    SELECT business_id, seq FROM customers UNION ALL
                    SELECT business_id, seq FROM tombstones UNION ALL
                    SELECT business_id, seq FROM pages UNION ALL
                    SELECT id, seq FROM businesses)
                GROUP BY business_id, seq HAVING count(*) > 1)
            """
        ),
        (
            "a tombstone is above its business's horizon, and the horizon no later than its last",
            """
            SELECT (
                SELECT count(*) FROM tombstones JOIN businesses ON businesses.id = business_id
                WHERE tombstones.seq <= tombstone_horizon
            ) + (
                SELECT count(*) FROM businesses
                WHERE tombstone_horizon > head OR tombstone_horizon < 0)
            """
        ),
        (
            "an interaction is in its customer's chain",
            """
            WITH RECURSIVE chain (customer_id, id) AS (
                SELECT id, last_interaction FROM customers WHERE last_interaction <> 0 UNION
                SELECT chain.customer_id, previous_id
                FROM interactions JOIN chain USING (id) WHERE previous_id <> 0)
            SELECT count(*) FROM interactions LEFT JOIN chain USING (id)
            WHERE interactions.customer_id IS NOT chain.customer_id
            """
        ),
    ]
}
