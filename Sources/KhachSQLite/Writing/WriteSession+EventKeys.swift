internal import KhachCore

/// Which events are known: their table, and before it what is gathered (`EventKeys`).
extension WriteSession {
    /// The row of an event; `nil` when it was never told.
    func interaction(_ key: ExternalID) throws(StoreError) -> Int64? {
        if let interaction = self.eventKeys.interaction(key) { return interaction }
        let select = self.statements.selectEventKey
        select.bind(1, key.page.rawValue)
        return try key.text.lend { (bytes) throws(StoreError) in
            select.bind(2, text: bytes)
            guard try select.step() else { return nil }

            defer { select.reset() }
            return select.integer(0)
        }
    }

    /// Writes the keys that it is time to write.
    func writeEventKeys() throws(StoreError) {
        let (rows, wholeUpTo) = self.eventKeys.takeSlice()
        let insert = self.statements.insertEventKey
        for row in rows {
            insert.bind(1, row.key.page.rawValue)
            insert.bind(3, row.interaction)
            try row.key.text.lend { (bytes) throws(StoreError) in
                insert.bind(2, text: bytes)
                try insert.run()
            }
        }
        guard let wholeUpTo else { return }

        self.statements.updateKeyed.bind(1, wholeUpTo)
        try self.statements.updateKeyed.run()
    }

    /// Reads the keys that the table lacks; some of them it may have.
    func gatherEventKeys() throws(StoreError) {
        let select = try Statement(
            self.database,
            """
            SELECT id, page_id, event_key FROM interactions
            WHERE id > (SELECT keyed_up_to FROM meta WHERE id = 1) ORDER BY id
            """
        )
        while try select.step() {
            let page = PageID(rawValue: select.integer(1))
            self.eventKeys.add(ExternalID(page, select.text(2)), select.integer(0))
        }
        self.eventKeys.committed()
        self.eventKeys.beginBatchIfFull()
    }
}
