/// What to count, by local day (domain.md §4.9).
package struct StatisticsQuery: Hashable, Sendable {
    /// What rows are about; raw values are those of `khach.v1`.
    package enum Grouping: UInt8, Hashable, Sendable, CaseIterable {
        case page = 1
        case channel = 2
        case business = 3
    }

    /// What makes a customer new; raw values are those of `khach.v1`.
    package enum Basis: UInt8, Hashable, Sendable, CaseIterable {
        /// `createdAt`: the channel's clock (S10).
        case created = 1
        /// `firstRecordedAt`: the server's clock.
        case firstRecorded = 2
        /// `firstInboundAt`: those who wrote to the page (N4).
        case firstInbound = 3
    }

    package var businessID: BusinessID
    /// As in a filter.
    package var pages: [PageID]
    package var channels: Set<Channel>
    package var grouping: Grouping
    package var basis: Basis
    package var firstDay: DayNumber
    /// The first instant of each day, and of the one after the last: at least 2, at most
    /// `Limits.statisticsDaysMax` and one.
    package var dayStarts: [Instant]

    package init(
        businessID: BusinessID,
        pages: [PageID] = [],
        channels: Set<Channel> = [],
        grouping: Grouping,
        basis: Basis,
        firstDay: DayNumber,
        dayStarts: [Instant]
    ) {
        self.businessID = businessID
        self.pages = pages
        self.channels = channels
        self.grouping = grouping
        self.basis = basis
        self.firstDay = firstDay
        self.dayStarts = dayStarts
    }
}

/// Distinct customers, conversations and values, each counted once.
package enum Measure: Int, Hashable, Sendable, CaseIterable {
    case newCustomers
    case activeCustomers
    case messagingCustomers
    case commentingCustomers
    case newMessageConversations
    case newCommentConversations
    case phonesFound
    case emailsFound
    case blocked
    case unblocked
}

/// What was counted of one page, one channel or the business, on a day or in the range.
package struct StatisticsRow: Hashable, Sendable {
    /// `nil` in a total.
    package var day: DayNumber?
    /// Set when rows are about pages.
    package var pageID: PageID?
    /// Set when rows are about pages or channels.
    package var channel: Channel?
    /// One for each `Measure`, in their order.
    package var measures: [UInt64]

    package init(
        day: DayNumber?,
        pageID: PageID?,
        channel: Channel?,
        measures: [UInt64] = Array(repeating: 0, count: Measure.allCases.count)
    ) {
        self.day = day
        self.pageID = pageID
        self.channel = channel
        self.measures = measures
    }

    package subscript(measure: Measure) -> UInt64 {
        get { self.measures[measure.rawValue] }
        set { self.measures[measure.rawValue] = newValue }
    }
}

/// Rows in order of day, then page or channel, without those in which everything is 0.
package struct Statistics: Hashable, Sendable {
    package var rows: [StatisticsRow]
    /// Of the whole range: what is distinct in it is not the sum of its days.
    package var totals: [StatisticsRow]
    package var head: CommitSequence

    package init(rows: [StatisticsRow], totals: [StatisticsRow], head: CommitSequence) {
        self.rows = rows
        self.totals = totals
        self.head = head
    }
}
