/// One state of a store, held for many reads: what is written meanwhile does not show in it.
///
/// Reads wait for each other. It costs a connection and keeps the store's log from being cut, so
/// it is bounded by whoever opens it and must be closed; letting go of it closes it, too.
package protocol CustomerSnapshot: Sendable {
    /// The business's last sequence in this state.
    var head: CommitSequence { get }

    /// The business itself.
    func business() async throws(StoreError) -> Business

    /// In order of id, after `after`.
    func pages(after: PageID?, rowsMax: Int) async throws(StoreError) -> [Page]

    /// The records of these customers, in their order; `nil` for one that is not there or another
    /// business's.
    func customers(_ ids: [CustomerID]) async throws(StoreError) -> [StoredCustomer?]

    /// Throws `notFound` when the filter names a page that is not the business's.
    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage

    /// Every one of them, without a cap.
    func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> Int

    /// Ends it; later reads are `unavailable`.
    ///
    /// The second time does nothing.
    func close()
}
