internal import CKhachIndex
internal import KhachCore

/// Questions to the index, as C has them.
extension CustomerIndex {
    /// The first rows after the query's position.
    func list(_ query: CustomerQuery, rowsMax: Int) throws(StoreError) -> [CustomerPosition] {
        var rows = [khach_index_position](
            repeating: khach_index_position(rank: 0, key: 0, id: 0),
            count: rowsMax
        )
        var count = rowsMax
        try self.withFilter(query.filter) { filter in
            let order = khach_index_order(UInt32(query.order.rawValue))
            guard let after = query.after else {
                return khach_index_list(self.handle, &filter, order, nil, &rows, &count)
            }

            var position = khach_index_position(
                rank: after.rank,
                key: after.key.milliseconds,
                id: after.id.rawValue
            )
            return khach_index_list(self.handle, &filter, order, &position, &rows, &count)
        }
        return rows.prefix(count).map { row in
            CustomerPosition(
                rank: row.rank,
                key: Instant(milliseconds: row.key),
                id: CustomerID(rawValue: row.id)
            )
        }
    }

    /// How many, up to `countMax`.
    func count(_ filter: CustomerFilter, countMax: Int) throws(StoreError) -> Int {
        var count: UInt64 = 0
        try self.withFilter(filter) { filter in
            khach_index_count(self.handle, &filter, UInt64(countMax), &count)
        }
        return Int(count)
    }

    func statistics(
        _ query: StatisticsQuery
    ) throws(StoreError) -> (rows: [StatisticsRow], totals: [StatisticsRow]) {
        let pages = query.pages.map(\.rawValue)
        let starts = query.dayStarts.map(\.milliseconds)
        var found = khach_index_statistics()
        let status = pages.withUnsafeBufferPointer { pages in
            starts.withUnsafeBufferPointer { starts in
                var asked = khach_index_statistics_query()
                asked.business_id = query.businessID.rawValue
                asked.pages = pages.baseAddress
                asked.pages_count = pages.count
                asked.channels = Self.bits(query.channels.map(\.rawValue))
                asked.grouping = khach_index_grouping(UInt32(query.grouping.rawValue))
                asked.basis = khach_index_basis(UInt32(query.basis.rawValue))
                asked.day_from = query.firstDay
                asked.days_count = starts.count - 1
                asked.day_starts = starts.baseAddress
                return khach_index_statistics_read(self.handle, &asked, &found)
            }
        }
        try self.check(status)
        defer { khach_index_statistics_free(&found) }
        return (
            UnsafeBufferPointer(start: found.rows, count: found.rows_count)
                .map { StatisticsRow($0, day: $0.day) },
            UnsafeBufferPointer(start: found.totals, count: found.totals_count)
                .map { StatisticsRow($0, day: nil) }
        )
    }

    /// Lends a filter to C for the time of `body`.
    private func withFilter(
        _ filter: CustomerFilter,
        _ body: (inout khach_index_filter) -> khach_index_status
    ) throws(StoreError) {
        var name: OpaquePointer?
        if let text = filter.name {
            let result = try text.lend { (text) throws(StoreError) in
                let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
                return khach_name_query_open(&name, start, text.count)
            }
            guard result == 0 else {
                throw StoreError(.invalid, "a few words to search for expected, others found")
            }
        }
        defer { khach_name_query_free(name) }
        let pages = filter.pages.map(\.rawValue)
        let status = pages.withUnsafeBufferPointer { pages in
            var asked = Self.asked(filter)
            asked.pages = pages.baseAddress
            asked.pages_count = pages.count
            asked.name = name
            return body(&asked)
        }
        try self.check(status)
    }

    /// All but what is borrowed.
    private static func asked(_ filter: CustomerFilter) -> khach_index_filter {
        func ternary(_ wanted: Bool?) -> Int32 {
            wanted.map { $0 ? 1 : 0 } ?? -1
        }
        var asked = khach_index_filter()
        khach_index_filter_init(&asked, filter.businessID.rawValue)
        asked.channels = Self.bits(filter.channels.map(\.rawValue))
        asked.name_statuses = Self.bits(filter.nameStatuses.map(\.rawValue))
        asked.has_phone = ternary(filter.hasPhone)
        asked.has_email = ternary(filter.hasEmail)
        asked.blocked = ternary(filter.isBlocked)
        asked.created_from = filter.createdFrom?.milliseconds ?? .min
        asked.created_before = filter.createdBefore?.milliseconds ?? .max
        if let messaged = filter.messaged {
            switch messaged.kind {
            case .any: asked.messaged_kinds = UInt32(KHACH_DAY_MESSAGED | KHACH_DAY_COMMENTED)
            case .messages: asked.messaged_kinds = UInt32(KHACH_DAY_MESSAGED)
            case .comments: asked.messaged_kinds = UInt32(KHACH_DAY_COMMENTED)
            }
            asked.messaged_from = messaged.from ?? .min
            asked.messaged_to = messaged.to ?? .max
            asked.messaged_begins_at = messaged.beginsAt?.milliseconds ?? .min
            asked.messaged_ends_at = messaged.endsAt?.milliseconds ?? .max
        }
        return asked
    }

    private static func bits(_ numbers: [UInt8]) -> UInt32 {
        numbers.reduce(0) { $0 | 1 << UInt32($1) }
    }
}

extension StatisticsRow {
    fileprivate init(_ row: khach_index_statistics_row, day: DayNumber?) {
        self.init(
            day: day,
            pageID: row.page_id == 0 ? nil : PageID(rawValue: row.page_id),
            channel: UInt8(exactly: row.channel).flatMap(Channel.init),
            measures: withUnsafeBytes(of: row.measures) { Array($0.bindMemory(to: UInt64.self)) }
        )
    }
}
