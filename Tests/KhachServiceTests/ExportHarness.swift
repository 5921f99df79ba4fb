internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

/// What a reader of an export has, and where it leaves.
final class ExportReader: Sendable {
    private let received = Mutex<[Khach_V1_ExportCustomersResponse]>([])
    private let chunksMax: Int
    private let between: @Sendable (Int) async -> Void

    /// - Parameters:
    ///   - chunksMax: after so many the connection is gone.
    ///   - between: what happens after each chunk, by the count of those that came.
    init(
        chunksMax: Int = .max,
        between: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.chunksMax = chunksMax
        self.between = between
    }

    var chunks: [Khach_V1_ExportCustomersResponse] { self.received.withLock { $0 } }
    var bytes: [UInt8] { self.chunks.flatMap { Array($0.data) } }
    var text: String { String(decoding: self.bytes, as: UTF8.self) }
    var lastToken: [UInt8] { self.chunks.last.map { Array($0.resumeToken) } ?? [] }

    var stream: ResponseStream {
        ResponseStream { payload throws(Status) in
            guard let chunk = try? Khach_V1_ExportCustomersResponse(serializedBytes: payload) else {
                throw Status(.internal, "a chunk expected")
            }
            let count = self.received.withLock { chunks -> Int? in
                guard chunks.count < self.chunksMax else { return nil }

                chunks.append(chunk)
                return chunks.count
            }
            guard let count else { throw Status(.cancelled, "the connection is closed") }

            await self.between(count)
        }
    }
}

extension ServiceHarness {
    static let export = "khach.v1.CustomerService/ExportCustomers"

    /// Calls ExportCustomers for one reader.
    func export(
        _ request: Khach_V1_ExportCustomersRequest,
        to reader: ExportReader
    ) async throws(Status) {
        try await self.export(request, through: reader.stream)
    }

    func export(
        _ request: Khach_V1_ExportCustomersRequest,
        through stream: ResponseStream
    ) async throws(Status) {
        let parts = Self.export.split(separator: "/").map(String.init)
        guard case .serverStreaming(let body) = try self.table.handler(parts[0], parts[1]).get()
        else { throw Status(.unimplemented, "a streaming method expected") }

        let payload: Payload
        do {
            payload = try request.serializedBytes()
        } catch {
            throw Status(.internal, "a request expected")
        }
        let context = CallContext(
            service: parts[0],
            method: parts[1],
            metadata: self.metadata
        )
        try await body(context, payload, stream)
    }

    /// The whole file.
    func exported(_ request: Khach_V1_ExportCustomersRequest) async throws -> ExportReader {
        let reader = ExportReader()
        try await self.export(request, to: reader)
        return reader
    }

    func exportRefusal(_ request: Khach_V1_ExportCustomersRequest) async -> Status {
        do throws(Status) {
            try await self.export(request, to: ExportReader())
        } catch {
            return error
        }
        Issue.record("a refusal expected, found a file")
        return Status(.ok, "")
    }

    /// A business with a page "p1" and so many customers, each with a phone and an address.
    func shop(_ customers: Int, hasLongNames: Bool = false) async throws -> Khach_V1_Business {
        let business = try await self.business()
        _ = try await self.page(business, "p1")
        var number = 0
        while number < customers {
            let count = min(500, customers - number)
            let customers = (number..<number + count).map { Self.customer($0) }
            _ = try await self.record(hasLongNames ? customers.map(Self.renamed) : customers)
            number += count
        }
        return business
    }

    static func customer(_ number: Int) -> Khach_V1_Interaction {
        let digits = String(number)
        return .sample("m:\(number)") {
            $0.externalUserID = "u\(number)"
            $0.nameHint = "Khách \(number)"
            $0.occurredAt.seconds = 1_780_000_000 + Int64(number)
            $0.text =
                "sđt 09\(String(repeating: "0", count: 8 - digits.count))\(digits), "
                + "khach\(number)@gmail.com"
        }
    }

    /// The same with a name that is long and cannot be packed, so that few rows are many bytes.
    static func renamed(_ customer: Khach_V1_Interaction) -> Khach_V1_Interaction {
        var state = customer.eventKey.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        var renamed = customer
        renamed.nameHint = String(
            String.UnicodeScalarView(
                (0..<200).compactMap { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Unicode.Scalar(0x4E00 + UInt32(state >> 52) * 4)
                }
            )
        )
        return renamed
    }

    func request(
        _ business: Khach_V1_Business,
        _ format: Khach_V1_ExportFormat = .csv,
        _ change: (inout Khach_V1_ExportCustomersRequest) -> Void = { _ in }
    ) -> Khach_V1_ExportCustomersRequest {
        .with {
            $0.filter.businessID = business.id
            $0.format = format
            $0.mutation.actor = "an"
            change(&$0)
        }
    }
}
