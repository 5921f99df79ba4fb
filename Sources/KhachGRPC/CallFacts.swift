internal import GRPCCore
internal import TTRPC

// What a call says of itself beside its messages.

extension GRPCCore.Metadata {
    private static let timeoutDigitsMax = 8
    private static let units: [Character: UInt64] = [
        "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000,
        "m": 1_000_000, "u": 1_000, "n": 1,
    ]
    /// What HTTP/2 and gRPC need, and no caller chose.
    private static func isOwn(_ key: String) -> Bool {
        switch key {
        case "te", "content-type", "user-agent": true
        default: key.hasPrefix(":") || key.hasPrefix("grpc-")
        }
    }

    /// How long the caller waits, in nanoseconds, as `grpc-timeout` says; `nil`: for good.
    var timeoutNanoseconds: UInt64? {
        guard let text = self[stringValues: "grpc-timeout"].first(where: { _ in true }),
            let unit = text.last.flatMap({ Self.units[$0] }),
            text.utf8.count <= Self.timeoutDigitsMax + 1,
            let count = UInt64(text.dropLast())
        else { return nil }

        let (nanoseconds, isOver) = count.multipliedReportingOverflow(by: unit)
        return isOver ? .max : nanoseconds
    }

    /// What a method sees of it, within the bounds that ttrpc has.
    func entries(_ limits: Limits) throws(TTRPC.Status) -> TTRPC.Metadata {
        var entries: [TTRPC.Metadata.Entry] = []
        var bytesCount = 0
        for (key, value) in self where !Self.isOwn(key) {
            let text = value.encoded()
            entries.append(TTRPC.Metadata.Entry(key: key, value: text))
            bytesCount += key.utf8.count + text.utf8.count
        }
        guard entries.count <= limits.metadataEntriesMax, bytesCount <= limits.metadataBytesMax
        else {
            throw TTRPC.Status(
                .resourceExhausted,
                "metadata has \(entries.count) entries of \(bytesCount) bytes"
            )
        }

        return TTRPC.Metadata(entries)
    }
}
