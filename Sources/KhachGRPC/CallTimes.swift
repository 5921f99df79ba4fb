internal import GRPCCore
internal import TTRPC

extension GRPCCore.Metadata {
    private static let digitsMax = 8
    private static let units: [Character: UInt64] = [
        "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000,
        "m": 1_000_000, "u": 1_000, "n": 1,
    ]

    /// How long the caller waits, in nanoseconds, as `grpc-timeout` says; `nil`: for good.
    var timeoutNanoseconds: UInt64? {
        guard let text = self[stringValues: "grpc-timeout"].first(where: { _ in true }),
            let unit = text.last.flatMap({ Self.units[$0] }),
            text.utf8.count <= Self.digitsMax + 1,
            let count = UInt64(text.dropLast())
        else { return nil }

        let (nanoseconds, isOver) = count.multipliedReportingOverflow(by: unit)
        return isOver ? .max : nanoseconds
    }

    /// What a method sees of it.
    var entries: [TTRPC.Metadata.Entry] {
        self.map { TTRPC.Metadata.Entry(key: $0.key, value: $0.value.encoded()) }
    }
}
