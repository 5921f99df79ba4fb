internal import CKhach

/// What to count, by local day of the business.
public struct StatisticsQuery: Hashable, Sendable {
    /// What rows are about.
    public enum Grouping: Int32, Hashable, Sendable {
        /// Each page.
        case page = 1
        /// Each channel.
        case channel = 2
        /// The business as a whole.
        case business = 3
    }

    /// What makes a customer new.
    public enum Basis: Int32, Hashable, Sendable {
        /// The earliest interaction, by the channel's clock.
        case created = 1
        /// The server's clock when the customer was first recorded.
        case firstRecorded = 2
        /// The first message from the customer.
        case firstInbound = 3
    }

    /// The first local day, "YYYY-MM-DD".
    public var dayFrom: String
    /// The last local day, "YYYY-MM-DD"; at most 400 days in all.
    public var dayTo: String
    /// Empty means every page of the business; at most 1,000.
    public var pageIDs: [String] = []
    /// Empty means every channel.
    public var channels: Set<Customer.Channel> = []
    /// What rows are about.
    public var grouping = Grouping.page
    /// What makes a customer new.
    public var basis = Basis.created

    /// The whole business, by page, on these days.
    public init(dayFrom: String, dayTo: String) {
        self.dayFrom = dayFrom
        self.dayTo = dayTo
    }

    /// Lends the query to the C library for the time of `body`.
    func withQuery<Result>(
        _ body: (UnsafePointer<khach_statistics_query>) -> Result
    ) -> Result {
        var query = khach_statistics_query()
        khach_statistics_query_init(&query)
        query.grouping = self.grouping.rawValue
        query.basis = self.basis.rawValue
        var block = TextBlock()
        let from = block.place(self.dayFrom)
        let to = block.place(self.dayTo)
        let pages = self.pageIDs.map { block.place($0) }
        let channels = self.channels.map(\.rawValue)
        return block.lend(pages) { text, pageTexts in
            query.day_from = text(from)
            query.day_to = text(to)
            query.page_ids = pageTexts.baseAddress
            query.page_id_count = pageTexts.count
            return channels.withUnsafeBufferPointer { channels in
                query.channels = channels.baseAddress
                query.channel_count = channels.count
                return body(&query)
            }
        }
    }
}

/// What was counted, by local day.
public struct Statistics: Hashable, Sendable {
    /// What is counted, each once.
    public enum Measure: Int32, Hashable, Sendable, CaseIterable {
        /// Customers who are new.
        case newCustomers = 0
        /// Customers who wrote, by message or comment.
        case activeCustomers = 1
        /// Customers who wrote a message.
        case messagingCustomers = 2
        /// Customers who wrote a comment.
        case commentingCustomers = 3
        /// Conversations by message that began.
        case newMessageConversations = 4
        /// Conversations by comment that began.
        case newCommentConversations = 5
        /// Distinct phones of a page, by their first time on it.
        case phonesFound = 6
        /// Distinct e-mail addresses of a page, by their first time on it.
        case emailsFound = 7
        /// Blocks that began.
        case blocked = 8
        /// Blocks that ended.
        case unblocked = 9
    }

    /// What was counted of one page, one channel or the business, on a day or in the range.
    public struct Row: Hashable, Sendable {
        /// "YYYY-MM-DD"; nil in a total.
        public let day: String?
        /// Nil unless rows are about pages.
        public let pageID: String?
        /// Nil when rows are about the business.
        public let channel: Customer.Channel?
        /// One for each `Measure`, in their order.
        public let measures: [UInt64]

        /// One of the measures.
        public subscript(measure: Measure) -> UInt64 { self.measures[Int(measure.rawValue)] }
    }

    /// In order of day, then page or channel, without those in which everything is 0.
    public let rows: [Row]
    /// Of the whole range: what is distinct in it is not the sum of its days.
    public let totals: [Row]
    /// The commit sequence that the statistics show.
    public let seq: UInt64

    /// Copies what the C library has, and releases it.
    init(taking statistics: OpaquePointer?) {
        func text(_ text: UnsafePointer<CChar>?) -> String? {
            guard let text, text.pointee != 0 else { return nil }

            return String(cString: text)
        }
        self.rows = (0..<khach_statistics_row_count(statistics)).map { index in
            Row(
                day: text(khach_statistics_row_day_at(statistics, index)),
                pageID: text(khach_statistics_row_page_id_at(statistics, index)),
                channel: Self.channel(khach_statistics_row_channel_at(statistics, index)),
                measures: Measure.allCases.map {
                    khach_statistics_row_measure_at(statistics, index, $0.rawValue)
                }
            )
        }
        self.totals = (0..<khach_statistics_total_count(statistics)).map { index in
            Row(
                day: nil,
                pageID: text(khach_statistics_total_page_id_at(statistics, index)),
                channel: Self.channel(khach_statistics_total_channel_at(statistics, index)),
                measures: Measure.allCases.map {
                    khach_statistics_total_measure_at(statistics, index, $0.rawValue)
                }
            )
        }
        self.seq = khach_statistics_seq(statistics)
        khach_statistics_free(statistics)
    }

    private static func channel(_ number: Int32) -> Customer.Channel? {
        number == 0 ? nil : Customer.Channel(rawValue: number) ?? .unknown
    }
}
