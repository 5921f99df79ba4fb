/// When people write: two years of days and hours with weights, ending with June 2026.
///
/// Knows Indochina Time (UTC+7, no summer time); a sample does not follow the clock.
struct SampleCalendar: Sendable {
    static let dayMilliseconds: Int64 = 86_400_000
    static let zoneMilliseconds: Int64 = 7 * 3_600_000
    static let daysCount = 730
    /// 2024-07-01T00:00:00+07:00, in milliseconds since 1970.
    static let start: Int64 = 1_719_766_800_000
    /// 2026-07-01T00:00:00+07:00: nothing occurs at or after it.
    static let end = start + Int64(daysCount) * dayMilliseconds

    private let days: Weighted<Int>
    private let hours: Weighted<Int>

    init() {
        self.days = Weighted(
            (0..<Self.daysCount).map { day in (choice: day, weight: Self.weight(day: day)) }
        )
        self.hours = Weighted(
            Self.hourWeights.enumerated().map { (choice: $0.offset, weight: $0.element) }
        )
    }

    /// The moment of a first interaction.
    func firstMoment(_ random: inout SplitMix64) -> Int64 {
        let day = Int64(self.days.draw(&random))
        // One in a hundred and more sits within ten minutes of local midnight.
        if random.happens(perMille: 15) {
            let offset = Int64(random.below(1_200_000)) - 600_000
            return min(
                max(Self.start + day * Self.dayMilliseconds + offset, Self.start),
                Self.end - 1
            )
        }

        return self.moment(day: day, &random)
    }

    /// A moment on the local day of `instant`, at an hour at which people write.
    func sameDay(as instant: Int64, _ random: inout SplitMix64) -> Int64 {
        self.moment(day: (instant - Self.start) / Self.dayMilliseconds, &random)
    }

    /// The Wednesday or Saturday evening livestream at or before `instant`, or the first one.
    func livestream(near instant: Int64) -> Int64 {
        // 2024-07-01 was a Monday.
        var day = (instant - Self.start) / Self.dayMilliseconds
        while day > 2, day % 7 != 2, day % 7 != 5 { day -= 1 }
        return Self.start + max(day, 2) * Self.dayMilliseconds + 20 * 3_600_000
    }

    private func moment(day: Int64, _ random: inout SplitMix64) -> Int64 {
        Self.start + day * Self.dayMilliseconds + Int64(self.hours.draw(&random)) * 3_600_000
            + Int64(random.below(3_600_000))
    }

    /// Sundays more, sale days four times, Tết a fifth.
    private static func weight(day: Int) -> Int {
        var weight = day % 7 == 6 ? 115 : 100
        if Self.saleDays.contains(day) { weight *= 4 }
        if Self.holidays.contains(where: { $0.contains(day) }) { weight /= 5 }
        return weight
    }

    /// 8/8, 9/9, 10/10, 11/11 and 12/12 of 2024 and 2025, as days since the start.
    private static let saleDays: Set<Int> = [
        38, 70, 101, 133, 164, 403, 435, 466, 498, 529,
    ]
    /// Tết 2025 (28 January to 2 February) and 2026 (16 to 21 February).
    private static let holidays = [211...216, 595...600]
    private static let hourWeights = [
        20, 8, 4, 3, 3, 4, 10, 24, 38, 46, 52, 66, 70, 56, 44, 42, 44, 46, 50, 62, 84, 88, 70, 42,
    ]
}
