internal import KhachProto

/// Who writes how often and when, and in which order the deliveries arrive.
///
/// Holds a few numbers for each interaction and no text: the whole order of a sample is 24 bytes
/// a line. Knows nothing of names and words.
struct SampleSchedule: Sendable {
    /// One line: an interaction, or another delivery, an edit or a removal of one.
    struct Delivery: Sendable {
        enum Form: UInt8 {
            case original
            case redelivery
            case edit
            case removal
        }

        var at: Int64
        var event: Int32
        var form: Form
    }

    /// What is peculiar about one interaction; shares are exact over the whole sample.
    enum Role: Sendable {
        case plain
        case redelivered
        /// Redelivered, and a comment may lack its author at first (I3).
        case completed
        case edited
        case removed
        case disordered
        case late
        /// By a clock that runs ahead.
        case future
    }

    let directory: SampleDirectory
    let size: SampleSize
    private(set) var deliveries: [Delivery] = []
    /// The first interaction of each customer, and one past the last.
    private var starts: [Int32] = [0]
    private(set) var occurredAt: [Int64] = []
    /// The page of each interaction without a customer.
    private(set) var ownerlessPages: [Int32] = []
    private let factor: Int

    init(size: SampleSize, seed: UInt64) {
        self.directory = SampleDirectory(size: size, seed: seed)
        self.size = size
        self.factor = Self.coprime(of: size.createsCount, from: Int(seed % 1_000) * 2 + 300_007)
        let calendar = SampleCalendar()
        self.placeCustomers(calendar)
        self.placeOwnerless(calendar, seed: seed)
        self.deliver(seed: seed)
    }

    /// The customer of an interaction, and the interaction's position among the customer's;
    /// `nil` for an interaction without a customer.
    func owner(of event: Int) -> (customer: SampleCustomer, ordinal: Int, count: Int)? {
        guard event < self.size.createsCount else { return nil }

        var low = 0
        var high = self.starts.count - 1
        while high - low > 1 {
            let middle = (low + high) / 2
            if Int(self.starts[middle]) <= event { low = middle } else { high = middle }
        }
        let start = Int(self.starts[low])
        return (self.customer(low), event - start, Int(self.starts[high]) - start)
    }

    /// An affine permutation deals the roles: exact shares, no two on one interaction.
    func role(of event: Int) -> Role {
        let count = self.size.createsCount
        guard event < count else { return .plain }

        var point = (event * self.factor + 17) % count
        let shares: [(role: Role, count: Int)] = [
            (.completed, self.size.redeliveriesCount / 3),
            (.redelivered, self.size.redeliveriesCount - self.size.redeliveriesCount / 3),
            (.edited, self.size.editsCount), (.removed, self.size.removalsCount),
            (.disordered, self.size.linesCount * 30 / 1_000),
            (.late, self.size.linesCount * 3 / 1_000), (.future, self.size.linesCount / 1_000),
        ]
        for share in shares {
            if point < share.count { return share.role }

            point -= share.count
        }
        return .plain
    }

    private func customer(_ index: Int) -> SampleCustomer {
        let page = self.directory.pages.partition(customer: index)
        return SampleCustomer(
            page: page,
            number: index - self.directory.pages[page].customers.lowerBound,
            of: self.directory.pages[page]
        )
    }

    private mutating func placeCustomers(_ calendar: SampleCalendar) {
        let customers = (0..<self.size.customersCount).map { self.customer($0) }
        var counts = customers.map { $0.interactionsCount(tailPower: self.size.tailPower) }
        Self.settle(&counts, sum: self.size.createsCount)

        self.occurredAt.reserveCapacity(self.size.createsCount + self.size.ownerlessCount)
        for (customer, count) in zip(customers, counts) {
            self.occurredAt += customer.moments(
                count,
                calendar,
                on: self.directory.pages[customer.page]
            )
            self.starts.append(Int32(self.occurredAt.count))
        }
    }

    /// Adds to and takes from the customers who write a lot, one each turn, until the sum is met.
    private static func settle(_ counts: inout [Int], sum: Int) {
        var excess = counts.reduce(0, +) - sum
        while excess != 0 {
            for index in counts.indices where counts[index] > 6 && excess != 0 {
                if excess > 0 {
                    counts[index] -= 1
                    excess -= 1
                } else if counts[index] < 400 {
                    counts[index] += 1
                    excess += 1
                }
            }
        }
    }

    private mutating func placeOwnerless(_ calendar: SampleCalendar, seed: UInt64) {
        var random = SplitMix64(seed: seed ^ 0x6F77_6E65_726C_6573)
        let pages = Weighted(
            self.directory.pages.indices.map { index in
                let page = self.directory.pages[index]
                return (index, page.channel == .facebook ? page.customers.count : 0)
            }
        )
        for _ in 0..<self.size.ownerlessCount {
            self.ownerlessPages.append(Int32(pages.draw(&random)))
            self.occurredAt.append(calendar.firstMoment(&random))
        }
    }

    private mutating func deliver(seed: UInt64) {
        self.deliveries.reserveCapacity(self.size.linesCount)
        for event in self.occurredAt.indices {
            var random = SplitMix64(seed: SplitMix64.mix(seed ^ UInt64(event)))
            let role = self.role(of: event)
            let at = self.arrival(of: event, role, &random)
            self.deliveries.append(Delivery(at: at, event: Int32(event), form: .original))
            switch role {
            case .redelivered, .completed:
                let soon = random.happens(perMille: 500)
                let delay = soon ? random.below(1_000) : random.within(60_000...21_600_000)
                self.deliveries.append(
                    Delivery(at: at + Int64(delay), event: Int32(event), form: .redelivery)
                )
            case .edited, .removed:
                // One in twenty overtakes what it changes.
                let overtakes = random.happens(perMille: 50)
                let delay = overtakes ? -50 : random.within(10_000...3_600_000)
                self.deliveries.append(
                    Delivery(
                        at: at + Int64(delay),
                        event: Int32(event),
                        form: role == .edited ? .edit : .removal
                    )
                )
            case .plain, .disordered, .late, .future: break
            }
        }
        self.deliveries.sort {
            ($0.at, $0.event, $0.form.rawValue) < ($1.at, $1.event, $1.form.rawValue)
        }
    }

    /// When the gateway hands the interaction over for the first time.
    private func arrival(
        of event: Int,
        _ role: Role,
        _ random: inout SplitMix64
    ) -> Int64 {
        let occurredAt = self.occurredAt[event]
        let page =
            self.owner(of: event).map { $0.customer.page }
            ?? Int(self.ownerlessPages[event - self.size.createsCount])
        if let importedAt = self.directory.pages[page].importedAt, occurredAt < importedAt {
            // History comes newest first, once.
            return importedAt + (importedAt - occurredAt) / 2_000
        }

        let latency = Int64(random.within(80...400))
        switch role {
        case .disordered:
            // Half within four seconds; each further step is four times longer and rarer.
            var ceiling: Int64 = 4_000
            while ceiling < 21_600_000, random.happens(perMille: 500) { ceiling *= 4 }
            return occurredAt + latency + Int64(random.below(Int(min(ceiling, 21_600_000))))
        case .late:
            return occurredAt + latency + Int64(random.within(1...5))
                * SampleCalendar.dayMilliseconds
                + Int64(random.below(3_600_000))
        default: return occurredAt + latency
        }
    }

    private static func coprime(of count: Int, from start: Int) -> Int {
        var factor = start | 1
        while true {
            var (large, small) = (count, factor)
            while small != 0 { (large, small) = (small, large % small) }
            if large == 1 { return factor }

            factor += 2
        }
    }
}

extension [SampleDirectory.Page] {
    /// The position of the page that has the customer.
    fileprivate func partition(customer: Int) -> Int {
        var low = 0
        var high = self.count - 1
        while low < high {
            let middle = (low + high) / 2
            if self[middle].customers.upperBound > customer {
                high = middle
            } else {
                low = middle + 1
            }
        }
        return low
    }
}
