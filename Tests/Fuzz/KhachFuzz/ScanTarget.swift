internal import KhachProto
internal import KhachService
internal import SwiftProtobuf

/// The scan counts what the generated decoder would allocate: whoever finds a message in which it
/// counts less has found a way round every limit of elements.
///
/// The first byte says of which message the others are.
enum ScanTarget {
    /// As many as a scan keeps in this target.
    private static let itemsMax = 4

    static func check(_ bytes: [UInt8]) throws {
        guard let first = bytes.first else { return }

        let message = Array(bytes.dropFirst())
        switch first % 3 {
        case 0:
            let decoded = Self.decoded(Khach_V1_RecordInteractionsRequest.self, message)
            try self.compare(message, field: 1, with: decoded?.interactions.count)
        case 1:
            // Two filters are one with the pages of both.
            let decoded = Self.decoded(Khach_V1_ListCustomersRequest.self, message)
            let filters = self.items(message, field: 1)
            let pages = filters?.compactMap { self.items($0, field: 2)?.count }
            if let decoded {
                try holds(pages?.count == filters?.count, "a filter is scanned as it is decoded")
                try holds(
                    pages?.reduce(0, +) == decoded.filter.pageIds.count,
                    "\(decoded.filter.pageIds.count) pages expected, found \(pages ?? [])"
                )
            }
        default:
            let decoded = Self.decoded(Khach_V1_PushMutationsRequest.self, message)
            try self.compare(message, field: 3, with: decoded?.mutations.count)
        }
    }

    private static func compare(
        _ message: [UInt8],
        field: UInt64,
        with count: Int?
    ) throws {
        let items = self.items(message, field: field)
        if let count {
            try holds(items?.count == count, "\(count) items expected, found \(items?.count ?? -1)")
        }

        let capped = message.withUnsafeBytes { bytes in
            ItemScan(bytes, field: field, itemsMax: self.itemsMax)?.items ?? []
        }
        try holds(capped.count <= self.itemsMax + 1, "a scan ends at its limit")
        try holds(
            zip(capped, capped.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound },
            "items come one after another: \(capped)"
        )
        try holds(
            capped.allSatisfy { $0.upperBound <= message.count },
            "items lie within their message: \(capped)"
        )
    }

    private static func items(_ message: [UInt8], field: UInt64) -> [[UInt8]]? {
        message.withUnsafeBytes { bytes in
            ItemScan(bytes, field: field, itemsMax: .max - 1)?.items.map { Array(bytes[$0]) }
        }
    }

    /// Decoded as the service decodes; `nil` when it refuses.
    private static func decoded<Decoded: Message>(
        _ kind: Decoded.Type,
        _ bytes: [UInt8]
    ) -> Decoded? {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        return try? Decoded(serializedBytes: bytes, options: options)
    }
}
