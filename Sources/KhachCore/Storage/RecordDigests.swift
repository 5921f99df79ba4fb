/// What a cache compares itself with, and what it mends itself with (sync.md N1, N2).
package protocol RecordDigests: Sendable {
    /// The digests of a business at its head; of every page when `pages` is `nil`.
    ///
    /// `scope` has the only pages that there are for the caller: the directory's sum is over
    /// them. Throws `notFound` when the business does not exist or a page is not its own.
    func digests(
        of business: BusinessID,
        pages: [PageID]?,
        within scope: Set<PageID>?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState

    /// Throws `notFound` as `digests` does.
    func revisions(
        _ query: RevisionQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> RevisionPage

    /// The records of these ids, those left out that the business does not have.
    ///
    /// Throws `notFound` when the business does not exist.
    func records(
        of business: BusinessID,
        _ ids: [EntityID],
        bytesMax: Int,
        deadline: Deadline?
    ) async throws(StoreError) -> RecordBatch
}

extension RecordDigests {
    /// Within everything.
    package func digests(
        of business: BusinessID,
        pages: [PageID]?,
        deadline: Deadline?
    ) async throws(StoreError) -> DigestState {
        try await self.digests(of: business, pages: pages, within: nil, deadline: deadline)
    }
}
