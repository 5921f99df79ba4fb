internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.SyncService`: the change feed (sync.md).
struct SyncMethods {
    private static let service = "khach.v1.SyncService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "PullChanges",
            needs: .permission(.read),
            .unary { (context, payload) async throws(Status) in
                try await self.pullChanges(context, payload)
            }
        )
        rows.add(
            Self.service,
            "DescribeScope",
            needs: .permission(.read),
            .unary { (context, payload) async throws(Status) in
                try await self.describeScope(context, payload)
            }
        )
    }

    private func describeScope(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let request = try Khach_V1_DescribeScopeRequest.request(payload)
        return try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            // From the beginning, so that the horizon is told whatever it is.
            let query = ChangeQuery(
                businessID: business,
                position: .delta(after: 0),
                rowsMax: 1,
                bytesMax: 1,
                skipsMax: 1
            )
            let page = try await self.environment.store.changes(
                query,
                deadline: self.environment.queryDeadline(context)
            )
            let pages = self.environment.caller.scope.pages
            return try Khach_V1_DescribeScopeResponse.with {
                $0.businessID = business.text
                $0.allPages = pages == nil
                $0.pageIds = (pages ?? []).sorted().map(\.text)
                $0.generation.append(contentsOf: self.environment.store.generation)
                $0.headSeq = page.head
                $0.tombstoneHorizon = page.tombstoneHorizon
                $0.readAt = Google_Protobuf_Timestamp(self.environment.now())
            }.reply()
        }
    }

    private func pullChanges(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        let request = try Khach_V1_PullChangesRequest.request(payload)
        return try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let cursor = try self.cursor(request, business)
            let query = try Self.query(request, cursor)
            let page = try await self.environment.store.changes(
                query,
                deadline: self.environment.queryDeadline(context)
            )
            if let cursor, cursor.position.latest > page.head {
                throw SyncCursor.Refusal.ahead(head: page.head)
            }

            // A first pass is behind everything, which says nothing of how caches keep up.
            if case .delta(let position)? = cursor?.position {
                self.environment.pulled(page.head - position)
            }
            let readAt = self.environment.now()
            return try self.reply(page, after: cursor, business: business, readAt: readAt)
        }
    }

    private func cursor(
        _ request: Khach_V1_PullChangesRequest,
        _ business: BusinessID
    ) throws(SyncCursor.Refusal) -> SyncCursor? {
        guard !request.cursor.isEmpty else { return nil }

        return try SyncCursor.open(
            Array(request.cursor),
            by: self.environment.seal,
            generation: self.environment.store.generation,
            business: business,
            scope: self.environment.scopeMark
        )
    }

    private static func query(
        _ request: Khach_V1_PullChangesRequest,
        _ cursor: SyncCursor?
    ) throws(InputError) -> ChangeQuery {
        guard request.pageRowsMax <= UInt32(Limits.pageRowsMax) else {
            throw InputError(
                "page_rows_max",
                "at most \(Limits.pageRowsMax) expected, found \(request.pageRowsMax)"
            )
        }
        guard request.pageBytesMax <= UInt32(Limits.pageBytesMax) else {
            throw InputError(
                "page_bytes_max",
                "at most \(Limits.pageBytesMax) expected, found \(request.pageBytesMax)"
            )
        }

        return ChangeQuery(
            businessID: try BusinessID(request.businessID, field: "business_id"),
            position: cursor?.position,
            rowsMax: request.pageRowsMax == 0 ? Limits.pageRowsMax : Int(request.pageRowsMax),
            bytesMax: request.pageBytesMax == 0 ? Limits.pageBytesMax : Int(request.pageBytesMax)
        )
    }

    /// `PullChangesResponse`: changes = 1 {seq = 1, the entity = its kind}, cursor = 2,
    /// has_more = 3, phase = 4, seq = 5, head_seq = 6, read_at = 7, customers_estimate = 8,
    /// tombstone_horizon = 9.
    private func reply(
        _ page: ChangePage,
        after cursor: SyncCursor?,
        business: BusinessID,
        readAt: Instant
    ) throws -> Payload {
        var writer = PayloadWriter(capacity: page.bytes.count + page.entries.count * 24 + 256)
        writer.writeChanges(page.entries, of: page.bytes, field: 1)
        writer.write(self.environment.cursor(business, page.next), field: 2)
        writer.write(page.hasMore ? 1 : 0, field: 3)
        let phase: Khach_V1_PullChangesResponse.Phase
        switch cursor?.position {
        case nil, .snapshot: phase = .snapshot
        case .delta: phase = .delta
        }
        writer.write(UInt64(phase.rawValue), field: 4)
        writer.write(page.next.covered, field: 5)
        writer.write(page.head, field: 6)
        let time: [UInt8] = try Google_Protobuf_Timestamp(readAt).serializedBytes()
        writer.write(time, field: 7)
        writer.write(page.customersEstimate, field: 8)
        writer.write(page.tombstoneHorizon, field: 9)
        return writer.payload
    }
}

extension ServiceEnvironment {
    /// A position as the client keeps it.
    func cursor(_ business: BusinessID, _ position: FeedPosition) -> [UInt8] {
        SyncCursor(business: business, position: position, scope: self.scopeMark)
            .sealed(by: self.seal, generation: self.store.generation)
    }
}

extension PayloadWriter {
    /// Writes each entry as a `Change`: seq = 1, the entity = its kind.
    mutating func writeChanges(
        _ entries: [ChangePage.Entry],
        of bytes: [UInt8],
        field: Int
    ) {
        for entry in entries {
            let recordBytes = entry.range.count
            let bytesCount =
                1 + PayloadWriter.varintBytes(entry.seq)
                + 1 + PayloadWriter.varintBytes(UInt64(recordBytes)) + recordBytes
            self.writeHeader(field: field, bytesCount: bytesCount)
            self.write(entry.seq, field: 1)
            self.write(bytes[entry.range], field: Int(entry.kind.rawValue))
        }
    }
}
