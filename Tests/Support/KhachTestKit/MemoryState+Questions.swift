internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf

/// Answers by looking at every customer, as its record says: the oracle of the index.
extension MemoryState {
    /// A customer as callers see it.
    struct Seen {
        var row: Row<Customer>
        var record: Khach_V1_Customer
        var position: CustomerPosition

        var hasPhone: Bool { self.record.phones.contains { !$0.rejected } }
        var hasEmail: Bool { self.record.emails.contains { !$0.rejected } }
        var isBlocked: Bool {
            self.record.block.state == .blocked || self.record.block.state == .pendingUnblock
        }
    }

    func seen(_ filter: CustomerFilter, _ order: CustomerOrder) throws(StoreError) -> [Seen] {
        try self.checkPages(filter.pages, of: filter.businessID)
        let name = filter.name.map { NameOracle($0) }
        var seen: [Seen] = []
        for row in self.customers.values where row.value.businessID == filter.businessID {
            let one = Seen(
                row: row,
                record: Self.decoded(row.record),
                position: CustomerPosition(key: Instant(milliseconds: 0), id: row.value.id)
            )
            let rank = name?.rank(of: one.record.name) ?? 1
            if rank > 0, Self.answers(one, filter) {
                seen.append(Self.placed(one, order, rank: rank))
            }
        }
        return seen.sorted { Self.comesBefore($0.position, $1.position, order) }
    }

    func page(_ query: CustomerQuery) throws(StoreError) -> CustomerPage {
        let rows = try self.seen(query.filter, query.order).filter { one in
            query.after.map { Self.comesBefore($0, one.position, query.order) } ?? true
        }
        var page = CustomerPage(
            ranges: [],
            bytes: [],
            next: nil,
            head: self.head(query.filter.businessID)
        )
        for one in rows.prefix(query.rowsMax) {
            let start = page.bytes.count
            page.bytes += one.row.record
            page.ranges.append(start..<page.bytes.count)
        }
        if rows.count > query.rowsMax {
            page.next = rows[query.rowsMax - 1].position
        }
        return page
    }

    private func checkPages(_ pages: [PageID], of business: BusinessID) throws(StoreError) {
        for page in pages where self.pages[page]?.value.businessID != business {
            throw .foreignPage(page)
        }
    }

    private static func decoded(_ record: [UInt8]) -> Khach_V1_Customer {
        guard let customer = try? Khach_V1_Customer(serializedBytes: record) else {
            preconditionFailure("a record is a customer")
        }

        return customer
    }

    private static func placed(_ one: Seen, _ order: CustomerOrder, rank: Int32) -> Seen {
        var one = one
        let inbound = one.row.value.lastInboundAt ?? Instant(milliseconds: 0)
        switch order {
        case .createdDescending, .createdAscending: one.position.key = one.row.value.createdAt
        case .lastInboundDescending: one.position.key = inbound
        case .relevance:
            one.position.key = inbound
            one.position.rank = rank
        }
        return one
    }

    private static func comesBefore(
        _ left: CustomerPosition,
        _ right: CustomerPosition,
        _ order: CustomerOrder
    ) -> Bool {
        if left.rank != right.rank { return left.rank < right.rank }
        let isAscending = order == .createdAscending
        if left.key != right.key { return (left.key < right.key) == isAscending }
        return left.id != right.id && (left.id < right.id) == isAscending
    }

    private static func answers(_ one: Seen, _ filter: CustomerFilter) -> Bool {
        let customer = one.row.value
        func agrees(_ wanted: Bool?, _ found: Bool) -> Bool { wanted.map { $0 == found } ?? true }
        return (filter.pages.isEmpty || filter.pages.contains(customer.pageID))
            && (filter.channels.isEmpty || filter.channels.contains(customer.channel))
            && (filter.nameStatuses.isEmpty || filter.nameStatuses.contains(customer.nameStatus))
            && (filter.createdFrom.map { customer.createdAt >= $0 } ?? true)
            && (filter.createdBefore.map { customer.createdAt < $0 } ?? true)
            && agrees(filter.hasPhone, one.hasPhone) && agrees(filter.hasEmail, one.hasEmail)
            && agrees(filter.isBlocked, one.isBlocked)
            && (filter.messaged.map { self.hasWritten(one.record, $0) } ?? true)
    }

    private static func hasWritten(_ record: Khach_V1_Customer, _ days: MessagedDays) -> Bool {
        record.days.contains { day in
            let isWanted =
                switch days.kind {
                case .any: day.messaged || day.commented
                case .messages: day.messaged
                case .comments: day.commented
                }
            return isWanted && day.day >= days.from ?? .min && day.day <= days.to ?? .max
        }
    }
}

// MARK: Statistics

extension MemoryState {
    func statistics(_ query: StatisticsQuery) throws(StoreError) -> Statistics {
        var filter = CustomerFilter(businessID: query.businessID, pages: query.pages)
        filter.channels = query.channels
        let seen = try self.seen(filter, .createdDescending)
        var tally = Tally(query: query)
        for one in seen {
            tally.add(one)
        }
        tally.addContacts(seen, .phonesFound) { $0.phones }
        tally.addContacts(seen, .emailsFound) { $0.emails }
        return tally.statistics(head: self.head(query.businessID))
    }

    /// Counts under way.
    private struct Tally {
        struct Key: Hashable {
            var day: DayNumber?
            var page: PageID?
            var channel: Channel?
        }

        let query: StatisticsQuery
        var rows: [Key: StatisticsRow] = [:]

        var days: ClosedRange<DayNumber> {
            self.query.firstDay...(self.query.firstDay + Int32(self.query.dayStarts.count) - 2)
        }

        /// The day of the range that an instant is in.
        func day(_ instant: Instant?) -> DayNumber? {
            guard let instant, let next = self.query.dayStarts.firstIndex(where: { $0 > instant }),
                next > 0
            else { return nil }

            return self.query.firstDay + Int32(next) - 1
        }

        mutating func count(
            _ customer: Customer,
            _ measure: Measure,
            day: DayNumber?,
            by: Int = 1
        ) {
            let key = Key(
                day: day,
                page: self.query.grouping == .page ? customer.pageID : nil,
                channel: self.query.grouping == .business ? nil : customer.channel
            )
            let row = StatisticsRow(day: day, pageID: key.page, channel: key.channel)
            self.rows[key, default: row][measure] += UInt64(by)
        }

        /// On its day and in the range.
        mutating func countBoth(
            _ customer: Customer,
            _ measure: Measure,
            day: DayNumber?,
            by: Int = 1
        ) {
            guard let day, by > 0 else { return }

            self.count(customer, measure, day: day, by: by)
            self.count(customer, measure, day: nil, by: by)
        }

        mutating func add(_ one: Seen) {
            let customer = one.row.value
            let instant =
                switch self.query.basis {
                case .created: customer.createdAt
                case .firstRecorded: customer.firstRecordedAt
                case .firstInbound: customer.firstInboundAt
                }
            self.countBoth(customer, .newCustomers, day: self.day(instant))
            let days = one.record.days.filter { self.days.contains($0.day) }
            let kinds: [(Measure, (Khach_V1_ActivityDay) -> Bool)] = [
                (.activeCustomers, { $0.messaged || $0.commented }),
                (.messagingCustomers, { $0.messaged }), (.commentingCustomers, { $0.commented }),
            ]
            for (measure, isCounted) in kinds {
                for day in days where isCounted(day) {
                    self.count(customer, measure, day: day.day)
                }
                if days.contains(where: isCounted) {
                    self.count(customer, measure, day: nil)
                }
            }
            for day in days {
                let comments = Int(day.commentConversations)
                self.countBoth(
                    customer,
                    .newMessageConversations,
                    day: day.day,
                    by: day.messageConversation ? 1 : 0
                )
                self.countBoth(customer, .newCommentConversations, day: day.day, by: comments)
            }
            for interval in one.record.block.intervals {
                self.countBoth(customer, .blocked, day: self.day(interval.from.instant))
                let until = interval.hasUntil ? interval.until.instant : nil
                self.countBoth(customer, .unblocked, day: self.day(until))
            }
        }

        /// Each value of a page once, by its first time there.
        mutating func addContacts(
            _ seen: [Seen],
            _ measure: Measure,
            _ points: (Khach_V1_Customer) -> [Khach_V1_ContactPoint]
        ) {
            var firsts: [[String]: (customer: Customer, at: Instant)] = [:]
            for one in seen {
                for point in points(one.record) where !point.rejected {
                    let key = [one.record.pageID, point.value]
                    let at = point.firstSeenAt.instant
                    if firsts[key].map({ at < $0.at }) ?? true {
                        firsts[key] = (one.row.value, at)
                    }
                }
            }
            for first in firsts.values {
                self.countBoth(first.customer, measure, day: self.day(first.at))
            }
        }

        func statistics(head: CommitSequence) -> Statistics {
            func order(_ left: StatisticsRow, _ right: StatisticsRow) -> Bool {
                if left.day != right.day { return (left.day ?? 0) < (right.day ?? 0) }
                if let leftPage = left.pageID, let rightPage = right.pageID {
                    return leftPage < rightPage
                }
                return (left.channel?.rawValue ?? 0) < (right.channel?.rawValue ?? 0)
            }
            let rows = self.rows.values.filter { $0.measures.contains { $0 > 0 } }
            return Statistics(
                rows: rows.filter { $0.day != nil }.sorted(by: order),
                totals: rows.filter { $0.day == nil }.sorted(by: order),
                head: head
            )
        }
    }
}

extension Google_Protobuf_Timestamp {
    fileprivate var instant: Instant {
        Instant(milliseconds: self.seconds * 1_000 + Int64(self.nanos / 1_000_000))
    }
}
