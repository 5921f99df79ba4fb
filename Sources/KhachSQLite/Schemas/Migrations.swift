internal import KhachCore

/// Brings a file to the version of this program, or refuses it.
struct Migrations: Sendable {
    /// "Khch": what `PRAGMA application_id` says of a store.
    static let applicationID: Int64 = 0x4B68_6368

    struct Step: Sendable {
        var version: Int64
        var apply: @Sendable (Database) throws(StoreError) -> Void
        /// `PRAGMA user_version = n`, as a literal.
        var stamp: StaticString
    }

    static let all = Migrations(steps: [
        Step(
            version: 1,
            apply: { (database) throws(StoreError) in
                for sql in Schema.version1 {
                    try database.execute(sql)
                }
                try Meta.create(in: database)
            },
            stamp: "PRAGMA user_version = 1"
        ),
        Step(
            version: 2,
            apply: { (database) throws(StoreError) in
                for sql in Schema.version2Mutations + Schema.version2Interactions
                    + Schema.version2Access
                {
                    try database.execute(sql)
                }
                try Schema.addIndex(to: database)
                try Schema.addSync(to: database)
            },
            stamp: "PRAGMA user_version = 2"
        ),
    ])

    /// In order of version, without a gap.
    let steps: [Step]

    /// Applies what is missing, in one transaction.
    ///
    /// Changes nothing in a file it refuses.
    func run(on database: Database) throws(StoreError) {
        let expected = self.steps.last?.version ?? 0
        let found = try database.integer("PRAGMA user_version")
        let application = try database.integer("PRAGMA application_id")
        let objects = try database.integer("SELECT count(*) FROM sqlite_schema")
        let isEmpty = application == 0 && found == 0 && objects == 0
        guard isEmpty || application == Self.applicationID else {
            throw StoreError(
                .invalid,
                "a Khach store expected (\(Self.applicationID)), application \(application) found"
            )
        }
        guard found <= expected else {
            throw StoreError(
                .schemaTooNew,
                "schema version \(expected) expected, \(found) found"
            )
        }
        guard found < expected else { return }

        try database.execute("BEGIN IMMEDIATE")
        do throws(StoreError) {
            for step in self.steps where step.version > found {
                try step.apply(database)
                try database.execute(step.stamp)
            }
            try database.execute("PRAGMA application_id = 0x4B686368")
            try database.execute("COMMIT")
        } catch {
            if database.isInTransaction {
                try database.execute("ROLLBACK")
            }
            throw error
        }
    }
}
