/// What the channels call a page: unique among all pages (domain.md §4.1).
package struct PageKey: Hashable, Sendable {
    package var channel: Channel
    /// Opaque, compared exactly (I1).
    package var externalPageID: String

    package init(channel: Channel, externalPageID: String) {
        self.channel = channel
        self.externalPageID = externalPageID
    }

    // `String` compares by canonical equivalence; an opaque id is its bytes.
    package static func == (left: Self, right: Self) -> Bool {
        left.channel == right.channel
            && left.externalPageID.utf8.elementsEqual(right.externalPageID.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.channel)
        for byte in self.externalPageID.utf8 {
            hasher.combine(byte)
        }
    }
}

/// One account of a business on a channel: a fan page, a shop, an official account (S15).
package struct Page: Hashable, Sendable {
    package var id: PageID
    package var businessID: BusinessID
    package var key: PageKey
    package var name: String
    package var createdAt: Instant

    package init(
        id: PageID,
        businessID: BusinessID,
        key: PageKey,
        name: String,
        createdAt: Instant
    ) {
        self.id = id
        self.businessID = businessID
        self.key = key
        self.name = name
        self.createdAt = createdAt
    }
}

/// A page before it has an identifier.
///
/// Its fields were checked.
package struct NewPage: Hashable, Sendable {
    package var businessID: BusinessID
    package var key: PageKey
    package var name: String

    package init(businessID: BusinessID, key: PageKey, name: String) {
        self.businessID = businessID
        self.key = key
        self.name = name
    }
}
