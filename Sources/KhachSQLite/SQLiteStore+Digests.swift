package import KhachCore

/// What caches compare themselves with, each answer of one state of the store; and deletions that
/// they are not told one by one any more.
extension SQLiteStore {
    package func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState {
        try await self.snapshot(deadline) { (reader) throws(StoreError) in
            try reader.digests(of: business, pages: pages, within: scope)
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

    package func compactTombstones(
        before: Instant,
        rowsMax: Int
    ) async throws(StoreError) -> Int {
        try await self.writer.write(weight: rowsMax) { (session) throws(StoreError) in
            try session.compactTombstones(before: before, rowsMax: rowsMax)
        }
    }
}
