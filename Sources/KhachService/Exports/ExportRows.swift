internal import KhachCore

/// The customers of an export in their order, a page of records at a time, out of one snapshot.
struct ExportRows: Sendable {
    enum Scope: Sendable {
        /// Everyone that the query's filter accepts, in its order.
        case all(CustomerQuery)
        /// The one page of the query.
        case page(CustomerQuery)
        case ids([CustomerID])
    }

    /// Where a page of records begins.
    enum Start: Hashable, Sendable {
        case list(after: CustomerPosition?)
        case id(index: Int)
    }

    static let pageRowsMax = 1_000

    let scope: Scope

    /// Where the first page begins.
    var start: Start {
        switch self.scope {
        case .all(let query), .page(let query): .list(after: query.after)
        case .ids: .id(index: 0)
        }
    }

    /// How many there are; throws the first id that is not a customer of the business.
    func count(
        in snapshot: any CustomerSnapshot,
        _ deadline: () -> Deadline
    ) async throws -> Int {
        switch self.scope {
        case .all(let query):
            return try await snapshot.count(query.filter, deadline: deadline())
        case .page(let query):
            return try await snapshot.customers(query, deadline: deadline()).ranges.count
        case .ids(let ids):
            var start = 0
            while start < ids.count {
                let part = Array(ids[start...].prefix(Self.pageRowsMax))
                let found = try await snapshot.customers(part)
                if let missing = found.firstIndex(where: { $0 == nil }) {
                    throw InputError(
                        "ids[\(start + missing)]",
                        "a customer of the business expected, found none"
                    )
                }
                start += part.count
            }
            return ids.count
        }
    }

    /// The records of a page, and where the next one begins.
    func page(
        at start: Start,
        in snapshot: any CustomerSnapshot,
        _ deadline: Deadline
    ) async throws -> (page: CustomerPage, next: Start?) {
        switch (self.scope, start) {
        case (.all(var query), .list(let after)):
            query.after = after
            let page = try await snapshot.customers(query, deadline: deadline)
            return (page, page.next.map { .list(after: $0) })
        case (.page(let query), .list):
            return (try await snapshot.customers(query, deadline: deadline), nil)
        case (.ids(let ids), .id(let index)):
            let part = Array(ids[index...].prefix(Self.pageRowsMax))
            let next = index + part.count
            return (
                Self.page(of: try await snapshot.customers(part), snapshot.head),
                next < ids.count ? .id(index: next) : nil
            )
        case (.all, .id), (.page, .id), (.ids, .list):
            preconditionFailure("a start is of the scope that it came from")
        }
    }

    private static func page(
        of customers: [StoredCustomer?],
        _ head: CommitSequence
    ) -> CustomerPage {
        var page = CustomerPage(ranges: [], bytes: [], next: nil, head: head)
        for customer in customers {
            let start = page.bytes.count
            page.bytes += customer?.record ?? []
            page.ranges.append(start..<page.bytes.count)
        }
        return page
    }
}
