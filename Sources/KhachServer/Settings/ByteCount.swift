/// An amount of memory as an operator writes it: `0`, `64KiB`, `64MiB`, `2GiB`.
struct ByteCount: Hashable, Sendable {
    private static let units: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1),
    ]

    let bytes: Int

    /// `nil` when it is no number with a unit.
    init?(argument: String) {
        guard let unit = Self.units.first(where: { argument.hasSuffix($0.suffix) }) else {
            return nil
        }

        let digits = argument.dropLast(unit.suffix.count)
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(digits) else {
            return nil
        }

        let (bytes, isOver) = count.multipliedReportingOverflow(by: unit.bytes)
        guard !isOver else { return nil }

        self.bytes = bytes
    }
}
