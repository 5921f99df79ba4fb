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
        let slice = self.eventKeys.takeSlice()
        let insert = self.statements.insertEventKey
        try slice.bytes.lend { (bytes) throws(StoreError) in
            for row in slice.rows {
                insert.bind(1, row.page.rawValue)
                insert.bind(2, text: UnsafeBufferPointer(rebasing: bytes[row.key]))
                insert.bind(3, row.interaction)
                try insert.run()
            }
        }
        guard let wholeUpTo = slice.wholeUpTo else { return }

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
