internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What caches compare themselves with, and mend themselves with: `GetDigests`, `ListRevisions`,
/// `BatchGetRecords` (sync.md N1, N2).
struct DigestMethods {
    private static let service = "khach.v1.SyncService"
    private static let version: UInt32 = 1

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        typealias Method = @Sendable (CallContext, Payload) async throws(Status) -> Payload
        let methods: [(String, Need, Method)] = [
            ("GetDigests", .permission(.read), self.getDigests),
            ("ListRevisions", .permission(.read), self.listRevisions),
            ("BatchGetRecords", .permission(.read), self.batchGetRecords),
        ]
        for (name, need, method) in methods {
            rows.add(
                Self.service,
                name,
                needs: need,
                .unary { (context, payload) async throws(Status) in
                    try await method(context, payload)
                }
            )
        }
    }

    // MARK: GetDigests

    @Sendable private func getDigests(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let request = try Khach_V1_GetDigestsRequest.request(payload)
        let (business, state, readAt) = try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            guard request.version <= Self.version else {
                throw InputError("version", "0 or 1 expected, found \(request.version)")
            }
            let state = try await self.environment.store.digests(
                of: business,
                pages: try Self.pages(request),
                deadline: self.environment.queryDeadline(context)
            )
            let time = Google_Protobuf_Timestamp(self.environment.now())
            let readAt: [UInt8] = try time.serializedBytes()
            return (business, state, readAt)
        }
        var writer = PayloadWriter(capacity: 128 + state.pages.count * Self.pageBytes(request))
        writer.write(UInt64(Self.version), field: 1)
        writer.write(state.head, field: 2)
        writer.write(self.environment.cursor(business, .delta(after: state.head)), field: 3)
        writer.write(Self.pageDigest("", state.directory), field: 4)
        for page in state.pages {
            let slots = request.withSlots ? page.slots : []
            writer.write(Self.pageDigest(page.page.text, page.sum, slots: slots), field: 4)
        }
        writer.write(readAt, field: 5)
        return writer.payload
    }

    private static func pageBytes(_ request: Khach_V1_GetDigestsRequest) -> Int {
        64 + (request.withSlots ? RecordDigest.slotsCount * 24 : 0)
    }

    /// `PageDigest`: page_id = 1, count = 2, sum = 3, slots = 4.
    private static func pageDigest(
        _ page: String,
        _ sum: RecordDigest,
        slots: [RecordDigest] = []
    ) -> [UInt8] {
        var writer = PayloadWriter(capacity: 64 + slots.count * 24)
        writer.write(page, field: 1)
        writer.write(sum.count, field: 2)
        writer.write(sum.sumBytes, field: 3)
        if !slots.isEmpty {
            let bytes = slots.flatMap { $0.sumBytes + RecordDigest.bytes(of: $0.count) }
            writer.write(bytes, field: 4)
        }
        return writer.bytes
    }

    private static func pages(
        _ request: Khach_V1_GetDigestsRequest
    ) throws(InputError) -> [PageID]? {
        let most = request.withSlots ? Limits.digestSlotPagesMax : Limits.digestPagesMax
        guard request.pageIds.count <= most, !request.withSlots || !request.pageIds.isEmpty else {
            throw InputError(
                "page_ids",
                "\(request.withSlots ? "1 to" : "at most") \(most) expected, "
                    + "found \(request.pageIds.count)"
            )
        }
        guard !request.pageIds.isEmpty else { return nil }

        var pages: Set<PageID> = []
        for (index, id) in request.pageIds.enumerated() {
            pages.insert(try PageID(id, field: "page_ids[\(index)]"))
        }
        return pages.sorted()
    }

    // MARK: ListRevisions

    @Sendable private func listRevisions(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let request = try Khach_V1_ListRevisionsRequest.request(payload)
        let (token, page) = try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let slots = try Self.slots(request)
            let token = PageToken(
                seal: self.environment.seal,
                list: "revisions",
                filter: Array(request.businessID.utf8) + Array(request.pageID.utf8)
                    + slots.sorted()
            )
            let after = try token.numbers(request.pageToken, count: 1)?.first
            let query = RevisionQuery(
                businessID: business,
                pageID: try PageID(request.pageID, field: "page_id"),
                slots: slots,
                after: after.map { CustomerID(rawValue: $0) }
            )
            let page = try await self.environment.store.revisions(
                query,
                deadline: self.environment.queryDeadline(context)
            )
            return (token, page)
        }
        var writer = PayloadWriter(capacity: page.revisions.count * 40 + 128)
        for revision in page.revisions {
            // `Revision`: id = 1, seq = 2, hash = 3.
            var row = PayloadWriter(capacity: 48)
            row.write(UInt64(bitPattern: revision.id.rawValue), field: 1)
            row.write(revision.seq, field: 2)
            row.write(revision.digest.sumBytes, field: 3)
            writer.write(row.bytes, field: 1)
        }
        writer.write(page.next.map { token.text([$0.rawValue]) } ?? "", field: 2)
        writer.write(page.head, field: 3)
        return writer.payload
    }

    private static func slots(
        _ request: Khach_V1_ListRevisionsRequest
    ) throws(InputError) -> Set<UInt8> {
        let slots = Set(request.slots.compactMap { UInt8(exactly: $0) })
        guard !slots.isEmpty, slots.count == request.slots.count else {
            throw InputError(
                "slots",
                "1 to 256 different numbers from 0 to 255 expected, found \(request.slots.count)"
            )
        }
        return slots
    }

    // MARK: BatchGetRecords

    /// `BatchGetRecordsResponse`: changes = 1, as in a page of the feed; ids_done = 2, seq = 3.
    @Sendable private func batchGetRecords(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let request = try Khach_V1_BatchGetRecordsRequest.request(payload)
        let batch = try await mapErrors {
            guard (1...Limits.recordsPerBatchMax).contains(request.ids.count) else {
                throw InputError(
                    "ids",
                    "1 to \(Limits.recordsPerBatchMax) expected, found \(request.ids.count)"
                )
            }
            var ids: [EntityID] = []
            for (index, id) in request.ids.enumerated() {
                ids.append(try EntityID(id, field: "ids[\(index)]"))
            }
            return try await self.environment.store.records(
                of: try BusinessID(request.businessID, field: "business_id"),
                ids,
                bytesMax: Limits.pageBytesMax,
                deadline: self.environment.queryDeadline(context)
            )
        }
        var writer = PayloadWriter(capacity: batch.bytes.count + batch.entries.count * 24 + 32)
        writer.writeChanges(batch.entries, of: batch.bytes, field: 1)
        writer.write(UInt64(batch.idsDone), field: 2)
        writer.write(batch.head, field: 3)
        return writer.payload
    }
}

extension EntityID {
    init(_ text: String, field: String) throws(InputError) {
        if let id = CustomerID(text: text) {
            self = .customer(id)
        } else if let id = PageID(text: text) {
            self = .page(id)
        } else if let id = BusinessID(text: text) {
            self = .business(id)
        } else {
            throw .identifier(field, "a customer, a page or a business", text)
        }
    }
}

extension RecordDigest {
    /// The sum as it is sent: 16 bytes, little endian.
    fileprivate var sumBytes: [UInt8] {
        Self.bytes(of: self.low) + Self.bytes(of: self.high)
    }

    fileprivate static func bytes(of number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
