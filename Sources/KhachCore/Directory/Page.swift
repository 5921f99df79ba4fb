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
    /// Its own numbers and addresses, which are never a customer's (N8); sorted.
    package var ownContacts: [ContactPoint.Key]
    package var blockMode: BlockMode

    package init(
        id: PageID,
        businessID: BusinessID,
        key: PageKey,
        name: String,
        createdAt: Instant,
        ownContacts: [ContactPoint.Key] = [],
        blockMode: BlockMode = .local
    ) {
        self.id = id
        self.businessID = businessID
        self.key = key
        self.name = name
        self.createdAt = createdAt
        self.ownContacts = ownContacts
        self.blockMode = blockMode
    }

    func isOwn(_ finding: ContactFinding) -> Bool {
        self.ownContacts.contains { $0.kind == finding.kind && $0.value == finding.value }
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

/// What is to be changed of a page; `nil` leaves it.
package struct PageUpdate: Hashable, Sendable {
    package var name: String?
    package var ownPhones: [String]?
    package var ownEmails: [String]?
    package var blockMode: BlockMode?

    package init(
        name: String? = nil,
        ownPhones: [String]? = nil,
        ownEmails: [String]? = nil,
        blockMode: BlockMode? = nil
    ) {
        self.name = name
        self.ownPhones = ownPhones
        self.ownEmails = ownEmails
        self.blockMode = blockMode
    }

    /// Changes a page; says what changed.
    ///
    /// Throws `unsupportedOnChannel`, and then changes nothing.
    package func apply(to page: inout Page) throws(StoreError) -> [AuditChange] {
        if self.blockMode == .gateway, !page.key.channel.blockCapability.canBlock {
            throw .gatewayUnsupported
        }

        var changes: [AuditChange] = []
        func note(_ field: String, _ before: String, _ after: String) {
            guard before != after else { return }

            let entity = page.id.text
            changes.append(
                AuditChange(
                    "page.update",
                    entity: entity,
                    field: field,
                    before: before,
                    after: after
                )
            )
        }
        if let name {
            note("name", page.name, name)
            page.name = name
        }
        for (kind, values) in [(.phone, self.ownPhones), (.email, self.ownEmails)]
            as [(ContactFinding.Kind, [String]?)]
        {
            guard let values else { continue }

            let before = page.ownContacts.filter { $0.kind == kind }.map(\.value)
            let after = Set(values).sorted()
            note(kind == .phone ? "own_phones" : "own_emails", before.text, after.text)
            page.ownContacts.removeAll { $0.kind == kind }
            page.ownContacts += after.map { ContactPoint.Key(kind: kind, value: $0) }
        }
        page.ownContacts.sort { ($0.kind.rawValue, $0.value) < ($1.kind.rawValue, $1.value) }
        if let blockMode {
            note("block_mode", page.blockMode.text, blockMode.text)
            page.blockMode = blockMode
        }
        return changes
    }
}

extension [String] {
    fileprivate var text: String { self.joined(separator: " ") }
}

extension BlockMode {
    fileprivate var text: String { self == .local ? "LOCAL" : "GATEWAY" }
}

/// An account with a role on a page; its customer cannot be blocked (S11).
package struct RoleAccount: Hashable, Sendable {
    package var externalUserID: String
    package var name: String
    package var roles: [String]

    package init(externalUserID: String, name: String, roles: [String]) {
        self.externalUserID = externalUserID
        self.name = name
        self.roles = roles
    }

    /// Whether it is that of a customer of the page (B1).
    package func isHeld(by customer: Customer) -> Bool {
        customer.identities.contains {
            $0.kind.isEmpty && $0.externalUserID.utf8.elementsEqual(self.externalUserID.utf8)
        }
    }
}
