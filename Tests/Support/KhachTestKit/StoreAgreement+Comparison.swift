internal import KhachCore
internal import KhachService

/// What two stores hold and answer, after each step.
extension StoreAgreement {
    // MARK: What they hold

    func compare(_ step: String) async throws {
        var states: [[[UInt8]: [UInt8]]] = []
        for (store, world) in zip(self.stores, self.worlds) {
            var state: [[UInt8]: [UInt8]] = [:]
            for business in world.businesses {
                let filter = CustomerFilter(businessID: business.id)
                for record in try await StoreConformance.list(store, filter, rowsMax: 100) {
                    let page = world.pages.firstIndex {
                        Array($0.id.text.utf8) == RecordBytes.text(ofField: 2, record)
                    }
                    let key = [UInt8(page ?? 9)] + RecordBytes.text(ofField: 4, record)
                    state[key] = RecordBytes.without(fields: [1, 2], record)
                }
            }
            states.append(state)
        }
        for key in Set(states[0].keys).union(states[1].keys) {
            guard states[0][key] != states[1][key] else { continue }

            throw StoreConformance.Broken(
                description: "after \(step): \(key): \(states[0][key] ?? []) and "
                    + "\(states[1][key] ?? [])"
            )
        }
        try await self.compareAudits(step)
    }

    // MARK: What they answer

    /// The same questions have the same answers: rows, order, counts, statistics.
    mutating func compareAnswers(_ step: String) async throws {
        for _ in 0..<4 {
            let questions = self.questions
            let name = self.zoneName
            guard let zone = LocalZone(named: name) else {
                throw StoreConformance.Broken(description: "zone \(name) expected, none found")
            }

            var lists: [[[UInt8]]] = []
            var counts: [Int] = []
            var statistics: [[[UInt64]]] = []
            var asked = ""
            let rowsMax = self.seed.pick([1, 3, 100])
            for (store, world) in zip(self.stores, self.worlds) {
                // Ids are each store's own: the same seed asks the same of both.
                self.questions = questions
                let business = world.businesses[0].id
                let pages = [world.pages[0].id, world.pages[1].id]
                let filter = self.questions.filter(of: business, pages: pages, in: zone)
                let order = self.questions.order(for: filter)
                asked = "\(order), \(filter)"
                let records = try await StoreConformance.list(
                    store,
                    filter,
                    order: order,
                    rowsMax: rowsMax
                )
                lists.append(records.map { RecordBytes.without(fields: [1, 2], $0) })
                counts.append(try await store.count(filter, deadline: nil).count)
                let query = self.questions.statistics(of: business, pages: pages, in: zone)
                let found = try await store.statistics(query, deadline: nil)
                statistics.append(
                    (found.rows + found.totals).map { row in
                        let page = pages.firstIndex { $0 == row.pageID } ?? 9
                        return [UInt64(row.day ?? 0), UInt64(page)] + row.measures
                    }
                )
            }
            try StoreConformance.require(
                lists[0] == lists[1],
                "the same list after \(step): \(asked)"
            )
            try StoreConformance.requireEqual(counts, [lists[0].count, lists[0].count])
            try StoreConformance.requireEqual(statistics[0], statistics[1])
        }
    }

    private func compareAudits(_ step: String) async throws {
        var lines: [[String]] = []
        for (store, world) in zip(self.stores, self.worlds) {
            var line: [String] = []
            for business in world.businesses {
                let entries = try await store.auditEntries(
                    of: business.id,
                    customer: nil,
                    before: nil,
                    rowsMax: 100_000
                )
                line += entries.map { entry in
                    // Ids are each store's own.
                    let change = entry.change
                    let values = change.field == "id" ? "" : "\(change.before)>\(change.after)"
                    return "\(entry.number) \(entry.at) \(entry.actor) \(entry.requestID) "
                        + "\(change.action) \(change.field) \(values) \(change.reason)"
                }
            }
            lines.append(line)
        }
        try StoreConformance.require(
            lines[0] == lines[1],
            "the same audit after \(step): "
                + "\(zip(lines[0], lines[1]).first { $0 != $1 } ?? ("\(lines[0].count)", ""))"
        )
    }
}
