/// What is changed of businesses and pages; each with its lines in the audit.
package protocol DirectoryMutations: Sendable {
    /// Another zone counts the days of every customer anew. Throws `notFound`.
    func updateBusiness(
        _ id: BusinessID,
        _ update: BusinessUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Business

    /// Throws `notFound`.
    func updatePage(
        _ id: PageID,
        _ update: PageUpdate,
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> Page

    /// Puts these in the place of all; returns who was unblocked for having a role now (B2).
    /// Throws `notFound`.
    func setRoleAccounts(
        of page: PageID,
        _ accounts: [RoleAccount],
        by author: Authorship,
        now: Instant
    ) async throws(StoreError) -> [CustomerID]

    func page(_ id: PageID) async throws(StoreError) -> Page?

    /// By the channel's name for it.
    func page(_ key: PageKey) async throws(StoreError) -> Page?

    /// In order of the bytes of their ids.
    func roleAccounts(of page: PageID) async throws(StoreError) -> [RoleAccount]
}

/// What is to be changed of a business; `nil` leaves it.
package struct BusinessUpdate: Hashable, Sendable {
    package var name: String?
    package var timeZone: String?

    package init(name: String? = nil, timeZone: String? = nil) {
        self.name = name
        self.timeZone = timeZone
    }

    /// Changes a business; says what changed.
    package func apply(to business: inout Business) -> [AuditChange] {
        let entity = business.id.text
        var changes: [AuditChange] = []
        if let name, name != business.name {
            changes.append(
                AuditChange(
                    "business.update",
                    entity: entity,
                    field: "name",
                    before: business.name,
                    after: name
                )
            )
            business.name = name
        }
        if let timeZone, timeZone != business.timeZone {
            changes.append(
                AuditChange(
                    "business.update",
                    entity: entity,
                    field: "time_zone",
                    before: business.timeZone,
                    after: timeZone
                )
            )
            business.timeZone = timeZone
        }
        return changes
    }
}
