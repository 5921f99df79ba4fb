/// Where customers live.
///
/// `SQLiteStore` conforms, and `MemoryStore` of the test kit is its oracle; both pass
/// `StoreConformance`. What is to be written is a value, not a closure, so no store can hold a
/// transaction open across an `await`. Every write has been committed to disk when it returns.
package protocol CustomerStore: CustomerMutations, DirectoryMutations, CustomerHistory,
    RecordDigests, ClientMutations, CommitSource, TombstoneCompaction, AccessTokens
{
    /// Identity of the store's history; a restore is a new generation. 16 bytes.
    var generation: [UInt8] { get }
    /// Key for authenticating cursors and page tokens; made with the store. 32 bytes.
    var sealingKey: [UInt8] { get }

    /// Records a batch; one outcome per interaction, in order.
    func record(
        _ interactions: [Interaction],
        now: Instant
    ) async throws(StoreError) -> [InteractionOutcome]

    func createBusiness(
        _ business: NewBusiness,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business

    /// Throws `notFound` (business) or `alreadyExists` (the page's key is taken).
    func createPage(
        _ page: NewPage,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page

    func business(_ id: BusinessID) async throws(StoreError) -> Business?

    /// In order of id, after `after`.
    func businesses(after: BusinessID?, rowsMax: Int) async throws(StoreError) -> [Business]

    /// In order of id, after `after`.
    func pages(
        of business: BusinessID,
        after: PageID?,
        rowsMax: Int
    ) async throws(StoreError) -> [Page]

    /// An id of a customer that was linked gives the one that stayed (I5).
    func customer(_ id: CustomerID) async throws(StoreError) -> StoredCustomer?

    /// Throws `notFound` when the filter names a page that is not the business's.
    func customers(
        _ query: CustomerQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerPage

    /// Throws `notFound` as `customers` does.
    func count(
        _ filter: CustomerFilter,
        deadline: Deadline?
    ) async throws(StoreError) -> CustomerCount

    /// Holds the present state of a business for many reads.
    ///
    /// Throws `notFound` when the business does not exist, `unavailable` when too many are held.
    func openSnapshot(
        of business: BusinessID
    ) async throws(StoreError) -> any CustomerSnapshot

    /// Throws `notFound` as `customers` does, and `invalid` when there are more than
    /// `Limits.statisticsRowsMax` rows.
    func statistics(
        _ query: StatisticsQuery,
        deadline: Deadline?
    ) async throws(StoreError) -> Statistics

    /// Throws `notFound` when the business does not exist.
    func changes(_ query: ChangeQuery, deadline: Deadline?) async throws(StoreError) -> ChangePage
}

/// Reads that are bounded and never wait for anything but a page cache, so that a server may run
/// them on the thread that read the request (architecture, decision 3).
package protocol PointReads: Sendable {
    func customerInPlace(_ id: CustomerID) throws(StoreError) -> StoredCustomer?
}

/// How values become the bytes that are stored and sent; the store itself knows no encoding.
package struct RecordCodec: Sendable {
    /// The record of a customer: what callers and caches see.
    package var encodeCustomer: @Sendable (Customer) -> [UInt8]
    /// What the server keeps beside the record: name observations.
    package var encodeFacts: @Sendable (Customer) -> [UInt8]
    /// Both of them back; `nil` when they cannot be read.
    package var decodeCustomer:
        @Sendable (_ record: [UInt8], _ facts: [UInt8], BusinessID) -> Customer?
    package var encodeBusiness: @Sendable (Business) -> [UInt8]
    package var encodePage: @Sendable (Page) -> [UInt8]
    package var encodeTombstone: @Sendable (CustomerID, _ redirectTo: CustomerID?) -> [UInt8]
    package var encodeOutcome: @Sendable (MutationOutcome) -> [UInt8]

    package init(
        encodeCustomer: @escaping @Sendable (Customer) -> [UInt8],
        encodeFacts: @escaping @Sendable (Customer) -> [UInt8],
        decodeCustomer:
            @escaping @Sendable (_ record: [UInt8], _ facts: [UInt8], BusinessID) -> Customer?,
        encodeBusiness: @escaping @Sendable (Business) -> [UInt8],
        encodePage: @escaping @Sendable (Page) -> [UInt8],
        encodeTombstone:
            @escaping @Sendable (CustomerID, _ redirectTo: CustomerID?) -> [UInt8],
        encodeOutcome: @escaping @Sendable (MutationOutcome) -> [UInt8]
    ) {
        self.encodeCustomer = encodeCustomer
        self.encodeFacts = encodeFacts
        self.decodeCustomer = decodeCustomer
        self.encodeBusiness = encodeBusiness
        self.encodePage = encodePage
        self.encodeTombstone = encodeTombstone
        self.encodeOutcome = encodeOutcome
    }
}
