/// Whether a customer is blocked on its page, and when it was (domain.md §4.4).
package struct CustomerBlock: Hashable, Sendable {
    /// Raw values are those of `khach.v1.Block.State`.
    package enum State: UInt8, Hashable, Sendable {
        case none = 1
        case pendingBlock = 2
        case blocked = 3
        case pendingUnblock = 4

        /// Whether the platform keeps the customer out.
        package var isBlocked: Bool { self == .blocked || self == .pendingUnblock }
    }

    package var state: State
    /// When the state was entered.
    package var since: Instant
    package var by: String
    package var reason: String
    /// What the platform said when it last refused.
    package var error: String
    /// Ascending, apart; at most the latest `Limits.blockIntervalsMax`.
    package var intervals: [BlockInterval]

    package init(
        state: State,
        since: Instant,
        by: String,
        reason: String = "",
        error: String = "",
        intervals: [BlockInterval] = []
    ) {
        self.state = state
        self.since = since
        self.by = by
        self.reason = reason
        self.error = error
        self.intervals = intervals
    }

    /// Whether an inbound interaction of this instant is ignored (N7).
    package func covers(_ instant: Instant) -> Bool {
        self.intervals.contains { $0.contains(instant) }
    }

    mutating func open(at instant: Instant) {
        self.intervals.append(BlockInterval(from: instant, until: nil))
        if self.intervals.count > Limits.blockIntervalsMax {
            self.intervals.removeFirst()
        }
    }

    mutating func close(at instant: Instant) {
        guard let last = self.intervals.indices.last, self.intervals[last].until == nil else {
            return
        }
        self.intervals[last].until = max(instant, self.intervals[last].from)
    }
}

/// Half open: from its start until its end, or for good.
package struct BlockInterval: Hashable, Sendable {
    package var from: Instant
    package var until: Instant?

    package init(from: Instant, until: Instant?) {
        self.from = from
        self.until = until
    }

    package func contains(_ instant: Instant) -> Bool {
        instant >= self.from && (self.until.map { instant < $0 } ?? true)
    }
}

/// Who carries out a block on the platform (B6).
///
/// Raw values are those of `khach.v1.BlockMode`.
package enum BlockMode: UInt8, Hashable, Sendable {
    /// Nobody: it is in force here at once.
    case local = 1
    /// The channel's gateway, which settles it.
    case gateway = 2
}

/// What blocking means on a channel (B6, domain.md §2.4).
package struct BlockCapability: Hashable, Sendable {
    /// Whether the platform is known to offer it.
    package var canBlock: Bool
    package var outboundWhileBlocked: Bool
    /// Only who has a conversation by message can be blocked.
    package var needsConversation: Bool
    /// Customers that the platform takes at a time; 0 when not known.
    package var batchMax: UInt32
}

extension Channel {
    package var blockCapability: BlockCapability {
        switch self {
        case .facebook:
            BlockCapability(
                canBlock: true,
                outboundWhileBlocked: true,
                needsConversation: false,
                batchMax: 0
            )
        case .instagram:
            BlockCapability(
                canBlock: true,
                outboundWhileBlocked: false,
                needsConversation: true,
                batchMax: 10
            )
        case .zaloOA, .shopee, .lazada, .tiktokShop, .webChat, .other:
            BlockCapability(
                canBlock: false,
                outboundWhileBlocked: true,
                needsConversation: false,
                batchMax: 0
            )
        }
    }
}
