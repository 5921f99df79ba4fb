internal import KhachProto

/// What a customer of a sample leaves behind: which phone, which mail, and in which interaction.
struct SampleContacts: Sendable {
    /// Phones for families and for people with two accounts, for each business.
    private static let sharedPhonesCount = 50

    /// The interaction that says the phone; `nil` when none does.
    private(set) var ordinal: Int?
    /// The interaction that says the mail address.
    private(set) var mailOrdinal: Int?
    private var phone: SamplePhone?
    private var second: SamplePhone?

    init(_ customer: SampleCustomer, count: Int, page: SampleDirectory.Page) {
        var random = customer.stream(.contacts)
        if random.happens(perMille: Self.phoneShare(customer.channel)) {
            self.ordinal = random.below(count)
            self.phone = SamplePhone(&random)
            if random.happens(perMille: 40) {
                let index = random.below(Self.sharedPhonesCount)
                var shared = SplitMix64(
                    seed: SplitMix64.mix(UInt64(page.business) << 32 | UInt64(index))
                )
                self.phone = SamplePhone(mobile: &shared)
            }
            if random.happens(perMille: 60) { self.second = SamplePhone(mobile: &random) }
        }
        if random.happens(perMille: 25) {
            let ordinal = random.below(count)
            if ordinal != self.ordinal { self.mailOrdinal = ordinal }
        }
    }

    /// The text of an inbound interaction.
    func text(_ ordinal: Int, _ random: inout SplitMix64) -> SampleText {
        if let phone, ordinal == self.ordinal {
            return .contact(phone, second: self.second, &random)
        }
        if ordinal == self.mailOrdinal { return .mail(&random) }

        return random.happens(perMille: 120) ? .decoy(&random) : .chatter(&random)
    }

    private static func phoneShare(_ channel: Khach_V1_Channel) -> Int {
        switch channel {
        case .facebook: 380
        case .zaloOa: 460
        case .instagram: 180
        case .lazada: 30
        default: 50
        }
    }
}
