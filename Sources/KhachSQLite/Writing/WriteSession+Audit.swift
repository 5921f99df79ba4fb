internal import KhachCore

/// Lines of the audit, and requests that are known by name.
extension WriteSession {
    func audit(
        _ changes: [AuditChange],
        of business: BusinessID,
        by author: Authorship,
        now: Instant
    ) throws(StoreError) {
        guard !changes.isEmpty else { return }
        guard try self.feed(of: business) != nil else {
            throw StoreError(.notFound, "an existing business expected, none found")
        }

        for change in changes {
            let number = self.nextAuditNumber(of: business)
            let insert = self.mutations.insertAudit
            insert.bind(1, business.rawValue)
            insert.bind(2, Int64(bitPattern: number))
            insert.bind(3, now)
            if let customer = change.customerID {
                insert.bind(7, customer.rawValue)
            } else {
                insert.bindNull(7)
            }
            try insert.lend([
                (4, author.actor), (5, author.requestID), (6, change.action),
                (8, change.entityID), (9, change.field), (10, change.before),
                (11, change.after), (12, change.reason),
            ]) { () throws(StoreError) in try insert.run() }
        }
    }

    // MARK: Requests

    /// The answer that a request of this name was given; `nil` for a new one.
    func knownAnswer(
        to author: Authorship,
        of business: BusinessID
    ) throws(StoreError) -> [UInt8]? {
        guard !author.requestID.isEmpty else { return nil }

        let select = self.mutations.selectRequest
        select.bind(1, business.rawValue)
        return try author.requestID.lend { (request) throws(StoreError) -> [UInt8]? in
            select.bind(2, text: request)
            guard try select.step() else { return nil }

            defer { select.reset() }
            guard Array(select.bytes(0)) == author.fingerprint else { throw .requestReused }

            return Array(select.bytes(1))
        }
    }

    func remember(
        _ answer: [UInt8],
        to author: Authorship,
        of business: BusinessID,
        now: Instant
    ) throws(StoreError) {
        guard !author.requestID.isEmpty else { return }

        self.mutations.pruneRequests.bind(
            1,
            now.milliseconds - Limits.requestMemoryMilliseconds
        )
        try self.mutations.pruneRequests.run()
        let insert = self.mutations.insertRequest
        insert.bind(1, business.rawValue)
        insert.bind(3, now)
        try author.requestID.lend { (request) throws(StoreError) in
            insert.bind(2, text: request)
            try author.fingerprint.lend { (fingerprint) throws(StoreError) in
                insert.bind(4, blob: fingerprint)
                try answer.lend { (answer) throws(StoreError) in
                    insert.bind(5, blob: answer)
                    try insert.run()
                }
            }
        }
    }
}

extension Statement {
    /// Binds texts to positions and runs `body` while their bytes are lent.
    func lend<Answer>(
        _ texts: ArraySlice<(Int32, String)>,
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        guard let (position, text) = texts.first else { return try body() }

        return try text.lend { (bytes) throws(StoreError) in
            self.bind(position, text: bytes)
            return try self.lend(texts.dropFirst(), body)
        }
    }

    func lend<Answer>(
        _ texts: [(Int32, String)],
        _ body: () throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        try self.lend(texts[...], body)
    }
}

extension Int64 {
    /// Eight bytes, for answers that are kept.
    var answerBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> Int64(8 * $0)) }
    }

    init?(answer bytes: some Collection<UInt8>) {
        guard bytes.count == 8 else { return nil }

        self = bytes.reversed().reduce(0) { $0 << 8 | Int64($1) }
    }
}
