/// The tenancy boundary: nothing ever crosses businesses (domain.md S14).
package struct Business: Hashable, Sendable {
    package var id: BusinessID
    package var name: String
    /// IANA name; local days are computed in it.
    package var timeZone: String
    package var locale: String
    package var createdAt: Instant

    package init(
        id: BusinessID,
        name: String,
        timeZone: String,
        locale: String,
        createdAt: Instant
    ) {
        self.id = id
        self.name = name
        self.timeZone = timeZone
        self.locale = locale
        self.createdAt = createdAt
    }
}

/// A business before it has an identifier.
///
/// Its fields were checked.
package struct NewBusiness: Hashable, Sendable {
    package var name: String
    package var timeZone: String
    package var locale: String

    package init(name: String, timeZone: String, locale: String) {
        self.name = name
        self.timeZone = timeZone
        self.locale = locale
    }
}
