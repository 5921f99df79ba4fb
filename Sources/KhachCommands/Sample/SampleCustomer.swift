internal import KhachProto

/// One person on one page of a sample: how often they write, where, and under which id.
///
/// A function of the page's seed and the person's number on it, and of nothing else: each question
/// has a stream of its own, so that the answer to one never moves another.
struct SampleCustomer: Sendable {
    enum Question: UInt64 {
        case count = 1
        case moments
        case habits
        case name
        case contacts
        case interaction
        case edit
    }

    /// Where a person writes.
    enum Habit: Sendable {
        case comments
        case messages
        case both
    }

    /// The position of the page in the directory.
    let page: Int
    let number: Int
    let channel: Khach_V1_Channel
    private let seed: UInt64

    init(page: Int, number: Int, of description: SampleDirectory.Page) {
        self.page = page
        self.number = number
        self.channel = description.channel
        self.seed = SplitMix64.mix(description.seed ^ UInt64(number))
    }

    /// The person's own stream for one question, and one interaction where the answer varies.
    func stream(_ question: Question, ordinal: Int = 0) -> SplitMix64 {
        SplitMix64(
            seed: SplitMix64.mix(
                self.seed ^ (question.rawValue << 56) ^ (UInt64(ordinal) &* 0xD1B5_4A32_D192_ED03)
            )
        )
    }

    /// The id of the channel: digits as the channel writes them, distinct on a page by
    /// construction, since the factor is coprime to ten.
    var externalUserID: String {
        let (digits, prefix) =
            switch self.channel {
            case .facebook: (16, self.number % 3 == 0 ? "2" : "")
            case .instagram: (16, "")
            case .zaloOa: (18, "")
            case .shopee: (9, "")
            case .lazada: (11, "")
            default: (18, "7")
            }
        let space = (1..<digits).reduce(UInt64(1)) { power, _ in power * 10 }
        let mixed = (UInt64(self.number) * 7_654_321_987_651 + 123_456) % space
        return prefix + String(space * (1 + UInt64(self.page % 8)) + mixed)
    }

    var habit: Habit {
        var random = self.stream(.habits)
        let point = random.below(100)
        switch self.channel {
        case .facebook: return point < 35 ? .comments : point < 75 ? .messages : .both
        case .instagram: return point < 15 ? .comments : point < 85 ? .messages : .both
        default: return .messages
        }
    }

    /// 42 % write once, 33 % two to five times, 19 % six to twenty times, 6 % more.
    func interactionsCount(tailPower: Int) -> Int {
        var random = self.stream(.count)
        let point = random.below(100)
        let unit = random.unit()
        switch point {
        case 0..<42: return 1
        case 42..<75: return 2 + Int(4 * unit * unit)
        case 75..<94: return 6 + Int(15 * unit * unit)
        default: return 21 + Int(380 * (0..<tailPower).reduce(1.0) { power, _ in power * unit })
        }
    }

    /// When each of `count` interactions occurred, the first one first.
    func moments(
        _ count: Int,
        _ calendar: SampleCalendar,
        on page: SampleDirectory.Page
    ) -> [Int64] {
        var random = self.stream(.moments)
        var first = calendar.firstMoment(&random)
        let isViewer = page.hasLivestreams && self.habit == .comments
        let isLive = isViewer && random.happens(perMille: 500)
        if isLive { first = calendar.livestream(near: first) + Int64(random.below(5_400_000)) }
        first = min(first, SampleCalendar.end - 1)
        var moments = [first]
        moments.reserveCapacity(count)
        while moments.count < count {
            let last = moments[moments.count - 1]
            var next = last + Int64(5_000 + random.below(120_000) * (1 + random.below(5)))
            if isLive, moments.count == 1, random.happens(perMille: 200) {
                next = first  // two comments of one person in the same millisecond
            } else if random.happens(perMille: 350) {
                let unit = random.unit()
                let later = first + Int64(Double(SampleCalendar.end - first) * unit * unit)
                next = max(calendar.sameDay(as: later, &random), first + 1_000)
            }
            moments.append(min(next, SampleCalendar.end - 1))
        }
        return moments
    }
}
