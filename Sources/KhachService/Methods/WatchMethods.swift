internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.SyncService/WatchChanges`: says when to pull (sync.md §1, F).
struct WatchMethods {
    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            "khach.v1.SyncService",
            "WatchChanges",
            needs: .permission(.read),
            life: .waits,
            .serverStreaming { (context, payload, responses) async throws(Status) in
                try await self.watchChanges(context, payload, responses)
            }
        )
    }

    private func watchChanges(
        _ context: CallContext,
        _ payload: Payload,
        _ responses: ResponseStream
    ) async throws(Status) {
        let request = try Khach_V1_WatchChangesRequest.request(payload)
        try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let position = try self.position(request, business)
            let watcher = Watcher(business, self.notices(position))
            try self.environment.watches.add(watcher)
            defer { self.environment.watches.remove(watcher) }

            // Asked after the watcher is told of commits, so that there is none in between.
            let head = try await self.head(of: business, context)
            if let position, position.latest > head { throw SyncCursor.Refusal.ahead(head: head) }
            watcher.committed(head)
            while let notice = try await watcher.next(self.environment.monotonicNow) {
                try await responses.send(try self.reply(notice))
            }
        }
    }

    private func position(
        _ request: Khach_V1_WatchChangesRequest,
        _ business: BusinessID
    ) throws(SyncCursor.Refusal) -> FeedPosition? {
        guard !request.cursor.isEmpty else { return nil }

        return try SyncCursor.open(
            Array(request.cursor),
            by: self.environment.seal,
            generation: self.environment.store.generation,
            business: business,
            scope: self.environment.scopeMark
        ).position
    }

    private func notices(_ position: FeedPosition?) -> WatchNotices {
        // In its first pass a watcher has nothing up to any sequence.
        WatchNotices(cursor: position?.covered ?? 0, now: self.environment.monotonicNow())
    }

    private func head(
        of business: BusinessID,
        _ context: CallContext
    ) async throws(StoreError) -> CommitSequence {
        let query = ChangeQuery(businessID: business, position: nil, rowsMax: 1, bytesMax: 1)
        return try await self.environment.store
            .changes(query, deadline: self.environment.queryDeadline(context)).head
    }

    private func reply(_ notice: WatchNotices.Notice) throws -> Payload {
        try Khach_V1_WatchChangesResponse.with { response in
            switch notice {
            case .poke(let head): response.poke.headSeq = head
            case .bookmark(let seq):
                response.bookmark.seq = seq
                response.bookmark.readAt = Google_Protobuf_Timestamp(self.environment.now())
            }
        }.reply()
    }
}
