package import KhachCore
package import KhachService

/// Makes questions of every kind: any conditions together, any order, any range of days.
package struct QuestionGenerator: Sendable {
    private static let names = [
        "a", "n", "an", "nguyễn", "nguyen van", "van nguyen", "Trần", "tran thi binh", "bình", "le",
        "chi le", "shop", "***", ".", "🌸", "facebook", "nobody", "lê chi", "th", "b",
    ]

    package var seed: Seed
    /// About the days of which something is known.
    package var days: ClosedRange<DayNumber>

    package init(seed: Seed, days: ClosedRange<DayNumber>) {
        self.seed = seed
        self.days = days
    }

    /// Conditions on some of the pages of a business, whose days are those of `zone`.
    package mutating func filter(
        of business: BusinessID,
        pages: [PageID],
        in zone: LocalZone
    ) -> CustomerFilter {
        var filter = CustomerFilter(businessID: business)
        if self.seed.oneIn(3), !pages.isEmpty {
            filter.pages = Set((0...1).map { _ in self.seed.pick(pages) }).sorted()
        }
        if self.seed.oneIn(4) {
            filter.channels = Set(
                (0...1).map { _ in self.seed.pick([.facebook, .zaloOA, .shopee]) }
            )
        }
        if self.seed.oneIn(4) {
            filter.nameStatuses = Set(
                (0...1).map { _ in self.seed.pick([.real, .username, .masked, .placeholder]) }
            )
        }
        filter.hasPhone = self.ternary()
        filter.hasEmail = self.ternary()
        filter.isBlocked = self.ternary()
        if self.seed.oneIn(4) { filter.createdFrom = zone.start(ofDay: self.day()) }
        if self.seed.oneIn(4) { filter.createdBefore = zone.start(ofDay: self.day() + 1) }
        if self.seed.oneIn(3) { filter.messaged = self.messaged(in: zone) }
        if self.seed.oneIn(2) { filter.name = self.seed.pick(Self.names) }
        return filter
    }

    package mutating func order(for filter: CustomerFilter) -> CustomerOrder {
        self.seed.pick(CustomerOrder.allCases.filter { filter.name != nil || $0 != .relevance })
    }

    package mutating func statistics(
        of business: BusinessID,
        pages: [PageID],
        in zone: LocalZone
    ) -> StatisticsQuery {
        let first = self.day()
        let count = Int32(self.seed.number(1...9))
        var query = StatisticsQuery(
            businessID: business,
            grouping: self.seed.pick(StatisticsQuery.Grouping.allCases),
            basis: self.seed.pick(StatisticsQuery.Basis.allCases),
            firstDay: first,
            dayStarts: (0...count).map { zone.start(ofDay: first + $0) }
        )
        if self.seed.oneIn(3), !pages.isEmpty { query.pages = [self.seed.pick(pages)] }
        if self.seed.oneIn(4) { query.channels = [self.seed.pick([.facebook, .zaloOA, .shopee])] }
        return query
    }

    private mutating func messaged(in zone: LocalZone) -> MessagedDays {
        let days = [self.day(), self.day()].sorted()
        let from = self.seed.oneIn(4) ? nil : days[0]
        let to = self.seed.oneIn(4) && from != nil ? nil : days[1]
        return MessagedDays(
            kind: self.seed.pick([.any, .messages, .comments]),
            from: from,
            to: to,
            beginsAt: from.map { zone.start(ofDay: $0) },
            endsAt: to.map { zone.start(ofDay: $0 + 1) }
        )
    }

    private mutating func day() -> DayNumber {
        DayNumber(self.seed.number(Int(self.days.lowerBound)...Int(self.days.upperBound)))
    }

    private mutating func ternary() -> Bool? {
        self.seed.oneIn(4) ? self.seed.oneIn(2) : nil
    }
}
