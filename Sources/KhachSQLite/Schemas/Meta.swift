internal import KhachCore

/// What a store knows about itself.
struct Meta: Sendable {
    static let generationBytes = 16
    static let sealingKeyBytes = 32

    var generation: [UInt8]
    var sealingKey: [UInt8]
    var lastIdentifier: Int64

    /// Writes the row of a new store, with fresh random bytes.
    static func create(in database: Database) throws(StoreError) {
        let statement = try Statement(
            database,
            """
            INSERT INTO meta (id, generation, sealing_key, last_identifier, schema_epoch)
            VALUES (1, ?1, ?2, 0, 1)
            """
        )
        try self.randomBytes(self.generationBytes).lend { (generation) throws(StoreError) in
            try self.randomBytes(self.sealingKeyBytes).lend { (key) throws(StoreError) in
                statement.bind(1, blob: generation)
                statement.bind(2, blob: key)
                try statement.run()
            }
        }
    }

    init(from database: Database) throws(StoreError) {
        let statement = try Statement(
            database,
            "SELECT generation, sealing_key, last_identifier FROM meta WHERE id = 1"
        )
        guard try statement.step() else {
            throw StoreError(.corrupt, "one row in meta expected, none found")
        }

        self.generation = Array(statement.bytes(0))
        self.sealingKey = Array(statement.bytes(1))
        self.lastIdentifier = statement.integer(2)
        statement.reset()
        guard self.generation.count == Self.generationBytes,
            self.sealingKey.count == Self.sealingKeyBytes
        else {
            throw StoreError(.corrupt, "16 and 32 bytes in meta expected, others found")
        }
    }

    /// The system's generator, which is a cryptographic one.
    static func randomBytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }
}
