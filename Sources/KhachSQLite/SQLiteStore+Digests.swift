package import KhachCore

/// What caches compare themselves with; each answer is of one state of the store.
extension SQLiteStore {
    package func digests(
        of business: BusinessID,
        pages: [PageID]?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.digests(of: business, pages: pages)
        }
    }

    package func revisions(
        _ query: RevisionQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> RevisionPage {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.revisions(query)
        }
    }

    package func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int,
        deadline: Deadline?
    ) async throws(StoreError) -> RecordBatch {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.records(of: business, ids, bytesMax: bytesMax)
        }
    }
}
