internal import KhachProto

/// The name that comes with one interaction: what the channel tells about the person by then.
struct SampleNameHint: Sendable {
    private(set) var name = ""
    private(set) var source = "NAME_SOURCE_EVENT"
    private(set) var account = ""

    /// What a channel ever tells (domain.md §5.2).
    private enum Availability {
        case atOnce
        case later
        case account
        case masked
        case never
    }

    init() {}

    init(
        _ customer: SampleCustomer,
        _ ordinal: Int,
        of count: Int,
        sinceFirst: Int64,
        isComment: Bool
    ) {
        var random = customer.stream(.name)
        let availability = Self.availability(customer, &random)
        let delay = Self.delay(&random)
        let isRenamed = random.happens(perMille: 10) && ordinal > count / 2
        let losesName = random.happens(perMille: 5) && ordinal == count - 1 && count > 1
        if losesName {
            self.name = SampleNames.placeholder(customer.channel)
            return
        }

        switch availability {
        case .never: break
        case .account: self.account = SampleNames.account(&random)
        case .masked: self.name = SampleNames.masked(&random)
        case .later where sinceFirst < delay: break
        case .atOnce, .later:
            self.name = SampleNames.person(&random)
            if isRenamed { self.name = SampleNames.person(&random) }
            if !isComment { self.source = "NAME_SOURCE_PROFILE" }
        }
    }

    private static func availability(
        _ customer: SampleCustomer,
        _ random: inout SplitMix64
    ) -> Availability {
        // Shares in a thousand of: at once, later, account, masked; the rest is never.
        let shares: (atOnce: Int, later: Int, account: Int, masked: Int) =
            switch customer.channel {
            case .facebook: customer.habit == .comments ? (880, 20, 0, 0) : (900, 60, 0, 0)
            case .instagram: (550, 100, 280, 0)
            case .zaloOa: (910, 50, 0, 0)
            case .shopee: (0, 0, 870, 0)
            case .lazada: (350, 0, 100, 450)
            default: (200, 0, 550, 100)
            }
        let point = random.below(1_000)
        if point < shares.atOnce { return .atOnce }
        if point < shares.atOnce + shares.later { return .later }
        if point < shares.atOnce + shares.later + shares.account { return .account }
        let told = shares.atOnce + shares.later + shares.account + shares.masked
        return point < told ? .masked : .never
    }

    /// Half within four hours, the last after ten days.
    private static func delay(_ random: inout SplitMix64) -> Int64 {
        let hours =
            switch random.below(10) {
            case 0..<5: random.unit() * 4
            case 5..<9: 4 + random.unit() * 44
            default: 48 + random.unit() * 192
            }
        return Int64(hours * 3_600_000)
    }
}
