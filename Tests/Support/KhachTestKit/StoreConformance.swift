package import KhachCore

/// What every store must do, as claims that each take an empty store.
package enum StoreConformance {
    package struct Claim: Sendable, CustomStringConvertible {
        package var description: String
        package var check: @Sendable (any CustomerStore) async throws -> Void
    }

    package struct Broken: Error, CustomStringConvertible {
        package var description: String
    }

    package static let claims: [Claim] =
        directoryClaims + interactionClaims + contactClaims + readClaims + snapshotClaims
        + nameClaims + digestClaims + tombstoneClaims + outboxClaims + tokenClaims
        + scopeClaims

    static let author = Authorship(actor: "an")
    package static let now = Instant(milliseconds: InteractionGenerator.epoch.milliseconds + 60_000)

    /// Two businesses with three pages, on which interactions can be recorded.
    package struct World: Sendable {
        package var businesses: [Business]
        package var pages: [Page]

        package static let pageKeys = [Channel.facebook, .zaloOA, .shopee].enumerated()
            .map { PageKey(channel: $1, externalPageID: "page_\($0)") }

        package init(in store: any CustomerStore) async throws {
            self.businesses = []
            self.pages = []
            for name in ["An", "Bình"] {
                let new = NewBusiness(name: name, timeZone: "Asia/Ho_Chi_Minh", locale: "vi")
                self.businesses.append(try await store.createBusiness(new, by: author, now: now))
            }
            for (index, key) in Self.pageKeys.enumerated() {
                let page = NewPage(
                    businessID: self.businesses[index == 2 ? 1 : 0].id,
                    key: key,
                    name: "Page \(index)"
                )
                self.pages.append(try await store.createPage(page, by: author, now: now))
            }
        }

        package func message(
            _ key: String,
            from user: String?,
            page: Int = 0,
            at milliseconds: Int64 = 0,
            text: String = "",
            revision: UInt64 = 0
        ) -> Interaction {
            Interaction(
                page: self.pages[page].key,
                eventKey: key,
                externalUserID: user,
                direction: .inbound,
                kind: .message,
                occurredAt: Instant(
                    milliseconds: InteractionGenerator.epoch.milliseconds + milliseconds
                ),
                text: text,
                contacts: InteractionGenerator.detector.findings(in: text),
                revision: revision
            )
        }
    }

    static func require(
        _ condition: Bool,
        _ claim: @autoclosure () -> String,
        line: Int = #line
    ) throws {
        guard condition else { throw Broken(description: "\(claim()) (line \(line))") }
    }

    static func requireEqual<Value: Equatable>(
        _ found: Value,
        _ expected: Value,
        line: Int = #line
    ) throws {
        guard found == expected else {
            throw Broken(description: "\(expected) expected, \(found) found (line \(line))")
        }
    }

    static func requireError<Answer>(
        _ code: StoreError.Code,
        line: Int = #line,
        _ body: () async throws(StoreError) -> Answer
    ) async throws {
        do throws(StoreError) {
            _ = try await body()
        } catch {
            try self.requireEqual(error.code, code, line: line)
            return
        }
        throw Broken(description: "an error expected, none found (line \(line))")
    }

    /// Every change of a business in order of sequence, pulled page by page.
    package static func replay(
        _ store: any CustomerStore,
        _ business: BusinessID,
        rowsMax: Int = 7,
        bytesMax: Int = 4_096
    ) async throws -> [(entry: ChangePage.Entry, record: [UInt8])] {
        var changes: [(entry: ChangePage.Entry, record: [UInt8])] = []
        var position = FeedPosition.delta(after: 0)
        while true {
            let query = ChangeQuery(
                businessID: business,
                position: position,
                rowsMax: rowsMax,
                bytesMax: bytesMax
            )
            let page = try await store.changes(query, deadline: nil)
            changes += page.entries.map { ($0, Array(page.bytes[$0.range])) }
            try self.require(
                page.entries.count <= rowsMax
                    && (page.bytes.count <= bytesMax || page.entries.count == 1),
                "a bounded page"
            )
            guard page.hasMore else {
                try self.requireEqual(page.next, .delta(after: page.head))
                return changes
            }
            try self.require(page.next.covered > position.covered, "progress")
            try self.requireEqual(page.next.covered, page.entries.last?.seq ?? 0)
            position = page.next
        }
    }

    /// Every record of a business in list order, page by page.
    package static func list(
        _ store: any CustomerStore,
        _ filter: CustomerFilter,
        order: CustomerOrder = .createdDescending,
        rowsMax: Int = 3
    ) async throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        var query = CustomerQuery(filter: filter, order: order, rowsMax: rowsMax)
        while true {
            let page = try await store.customers(query, deadline: nil)
            records += page.ranges.map { Array(page.bytes[$0]) }
            guard let next = page.next else { return records }

            try self.requireEqual(page.ranges.count, rowsMax)
            query.after = next
        }
    }
}
