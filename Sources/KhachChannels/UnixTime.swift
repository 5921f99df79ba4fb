internal import SwiftProtobuf

/// Times since 1970 in whichever unit a platform writes them (domain.md §2.4).
///
/// The unit is decided by magnitude, for every platform alike: a number below 10¹¹ is of seconds,
/// below 10¹⁴ of milliseconds, below 10¹⁷ of microseconds, else of nanoseconds. Each bound is the
/// year 5138 in the smaller unit and the year 1973 in the larger one, so that the four cannot be
/// confused for any time at which one of the platforms existed.
enum UnixTime {
    private static let units: [(below: Int64, perSecond: Int64)] = [
        (100_000_000_000, 1), (100_000_000_000_000, 1_000), (100_000_000_000_000_000, 1_000_000),
        (.max, 1_000_000_000),
    ]

    /// The time that the digits say; `nil` when there are none, or more than a time has.
    static func timestamp(_ digits: String) -> Google_Protobuf_Timestamp? {
        guard let number = Int64(digits), number >= 0,
            let unit = Self.units.first(where: { number < $0.below })
        else { return nil }

        let (seconds, rest) = number.quotientAndRemainder(dividingBy: unit.perSecond)
        return .with {
            $0.seconds = seconds
            $0.nanos = Int32(rest * (1_000_000_000 / unit.perSecond))
        }
    }
}
