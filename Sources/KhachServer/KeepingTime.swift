internal import ArgumentParser

/// How long something is kept, as an operator writes it: `90d`, `12h`, `30m`, `10s`.
struct KeepingTime: ExpressibleByArgument, CustomStringConvertible, Sendable {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    let seconds: Int64

    init(seconds: Int64) {
        self.seconds = seconds
    }

    /// `nil` when it is no number with a unit.
    init?(argument: String) {
        guard let unit = Self.units.first(where: { $0.letter == argument.last }),
            argument.dropLast().allSatisfy({ ("0"..."9").contains($0) }),
            let count = Int64(argument.dropLast())
        else { return nil }

        let (seconds, isOver) = count.multipliedReportingOverflow(by: unit.seconds)
        guard !isOver else { return nil }

        self.seconds = seconds
    }

    var description: String {
        let unit = Self.units.first { self.seconds % $0.seconds == 0 } ?? ("s", 1)
        return "\(self.seconds / unit.seconds)\(unit.letter)"
    }

    var defaultValueDescription: String { self.description }
}
