internal import KhachCore

/// Tombstones that are old enough to be forgotten (sync.md C).
extension WriteSession {
    func compactTombstones(before: Instant, rowsMax: Int) throws(StoreError) -> Int {
        let select = self.mutations.selectOldTombstones
        select.bind(1, before)
        select.bind(2, Int64(rowsMax))
        var horizons: [Int64: Int64] = [:]
        while try select.step() {
            let (business, seq) = (select.integer(0), select.integer(1))
            horizons[business] = max(horizons[business] ?? 0, seq)
        }
        select.reset()

        var removed = 0
        for (business, horizon) in horizons {
            self.mutations.deleteTombstones.bind(1, business)
            self.mutations.deleteTombstones.bind(2, horizon)
            try self.mutations.deleteTombstones.run()
            removed += Int(self.database.changes)
            self.mutations.raiseHorizon.bind(1, business)
            self.mutations.raiseHorizon.bind(2, horizon)
            try self.mutations.raiseHorizon.run()
        }
        return removed
    }
}
