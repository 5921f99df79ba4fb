internal import CKhach

/// Which customers; all conditions hold together.
public struct CustomerFilter: Hashable, Sendable {
    /// Which of a customer's interactions count as having written.
    public enum Activity: Int32, Hashable, Sendable {
        /// Messages and comments.
        case any = 1
        /// Messages alone.
        case messages = 2
        /// Comments alone.
        case comments = 3
    }

    /// Empty means every page of the business; at most 1,000.
    public var pageIDs: [String]
    /// The first local day of the business, "YYYY-MM-DD"; nil means open.
    public var createdFrom: String?
    /// The last local day of the business, "YYYY-MM-DD"; nil means open.
    public var createdTo: String?
    /// Empty means every channel.
    public var channels: Set<Customer.Channel> = []
    /// Empty means every status.
    public var nameStatuses: Set<Customer.NameStatus> = []
    /// Every word begins a different word of the name, marks and case aside; nil for no condition.
    public var name: String?
    /// The customer wrote on some local day from this one on; nil means open.
    public var messagedFrom: String?
    /// The customer wrote on some local day up to this one; nil means open.
    public var messagedTo: String?
    /// What counts as having written on those days.
    public var messagedKind = Activity.any
    /// Whether a phone is there that nobody rejected; nil for no condition.
    public var hasPhone: Bool?
    /// Whether an e-mail address is there that nobody rejected; nil for no condition.
    public var hasEmail: Bool?
    /// Whether the customer is blocked; nil for no condition.
    public var isBlocked: Bool?

    /// A filter that holds for every customer, unless conditions are given.
    public init(pageIDs: [String] = [], createdFrom: String? = nil, createdTo: String? = nil) {
        self.pageIDs = pageIDs
        self.createdFrom = createdFrom
        self.createdTo = createdTo
    }

    /// Lends the filter to the C library for the time of `body`.
    func withQuery<Result>(
        order: CustomerOrder = .unspecified,
        limit: Int,
        after: String?,
        _ body: (UnsafePointer<khach_query>) -> Result
    ) -> Result {
        var query = khach_query()
        khach_query_init(&query)
        query.limit = UInt32(clamping: limit)
        query.order = order.rawValue
        query.messaged_kind = self.messagedKind.rawValue
        query.has_phone = Self.ternary(self.hasPhone)
        query.has_email = Self.ternary(self.hasEmail)
        query.blocked = Self.ternary(self.isBlocked)

        var block = TextBlock()
        let texts = [
            self.createdFrom, self.createdTo, after, self.name, self.messagedFrom, self.messagedTo,
        ].map { block.place($0) }
        let pages = self.pageIDs.map { block.place($0) }
        let channels = self.channels.map(\.rawValue)
        let statuses = self.nameStatuses.map(\.rawValue)
        return block.lend(pages) { text, pageTexts in
            query.created_from = text(texts[0])
            query.created_to = text(texts[1])
            query.after = text(texts[2])
            query.name = text(texts[3])
            query.messaged_from = text(texts[4])
            query.messaged_to = text(texts[5])
            query.page_ids = pageTexts.baseAddress
            query.page_id_count = pageTexts.count
            return channels.withUnsafeBufferPointer { channels in
                statuses.withUnsafeBufferPointer { statuses in
                    query.channels = channels.baseAddress
                    query.channel_count = channels.count
                    query.name_statuses = statuses.baseAddress
                    query.name_status_count = statuses.count
                    return body(&query)
                }
            }
        }
    }

    private static func ternary(_ wanted: Bool?) -> Int32 {
        wanted.map { $0 ? 1 : 2 } ?? 0
    }
}

/// The order of a list; the id is its last key, ascending in the second, otherwise descending.
public enum CustomerOrder: Int32, Hashable, Sendable {
    /// By relevance when there is a name to search for, else the newest first.
    case unspecified = 0
    /// The newest first.
    case createdDescending = 1
    /// The oldest first.
    case createdAscending = 2
    /// Who wrote last first; those who never wrote come last.
    case lastInboundDescending = 3
    /// Only with a name: the best answers first, then who wrote last.
    case relevance = 4
}

/// Texts for C in one block, each ended by NUL, and their places in it.
struct TextBlock {
    private var characters: [CChar] = []

    mutating func place(_ text: String?) -> Int? {
        guard let text else { return nil }

        defer { self.characters.append(contentsOf: text.utf8CString) }
        return self.characters.count
    }

    /// Lends the texts, and an array of some of them.
    func lend<Result>(
        _ places: [Int?],
        _ body: (
            _ text: (Int?) -> UnsafePointer<CChar>?,
            _ array: UnsafeBufferPointer<UnsafePointer<CChar>?>
        ) -> Result
    ) -> Result {
        self.characters.withUnsafeBufferPointer { block in
            func text(_ place: Int?) -> UnsafePointer<CChar>? {
                guard let place, let first = block.baseAddress else { return nil }

                return first + place
            }
            return places.map(text).withUnsafeBufferPointer { body(text, $0) }
        }
    }
}
