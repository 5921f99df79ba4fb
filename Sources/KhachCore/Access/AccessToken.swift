/// What a caller may do; a token has some of them.
///
/// Bit n is number n + 1 of `khach.v1.Permission`, and is stored.
package struct Permissions: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Ask: customers, statistics, the directory, the change feed.
    package static let read = Permissions(rawValue: 1 << 0)
    /// Phones and e-mail addresses whole in an export; without it they are masked (§4.10).
    package static let contacts = Permissions(rawValue: 1 << 1)
    /// Change what is entered by hand, mark contact points, link.
    package static let edit = Permissions(rawValue: 1 << 2)
    package static let block = Permissions(rawValue: 1 << 3)
    package static let export = Permissions(rawValue: 1 << 4)
    /// What a channel's gateway does: record interactions and profiles, settle blocks.
    package static let record = Permissions(rawValue: 1 << 5)
    package static let erase = Permissions(rawValue: 1 << 6)
    /// Change the directory, read the audit, detect anew.
    package static let manage = Permissions(rawValue: 1 << 7)
    /// Make and revoke tokens; of everything, also businesses.
    package static let administer = Permissions(rawValue: 1 << 8)

    package static let all = Permissions(rawValue: (1 << 9) - 1)
}

/// Whose customers a caller may see: what is not in it does not exist for the caller (S14).
package enum AccessScope: Hashable, Sendable {
    /// Every business that there is and will be.
    case everything
    /// A business with every page that it has and will have.
    case business(BusinessID)
    /// Some pages of a business; at least one.
    case pages(Set<PageID>, of: BusinessID)

    /// The only business of it; `nil` for everything.
    package var business: BusinessID? {
        switch self {
        case .everything: nil
        case .business(let id): id
        case .pages(_, let id): id
        }
    }

    /// The pages that it is bound to; `nil` for all of its business.
    package var pages: Set<PageID>? {
        if case .pages(let pages, _) = self { pages } else { nil }
    }

    package func contains(_ business: BusinessID) -> Bool {
        self.business.map { $0 == business } ?? true
    }

    package func contains(_ page: PageID, of business: BusinessID) -> Bool {
        self.contains(business) && (self.pages?.contains(page) ?? true)
    }

    /// Whether everything in `other` is in this one.
    package func contains(_ other: AccessScope) -> Bool {
        switch (self, other) {
        case (.everything, _): true
        case (_, .everything): false
        case (.business(let mine), _): other.business == mine
        case (.pages, .business): false
        case (.pages(let mine, let business), .pages(let theirs, let other)):
            business == other && theirs.isSubset(of: mine)
        }
    }
}

package struct TokenID: Identifier {
    package static let letter = UInt8(ascii: "t")
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// What a caller shows to be known: a name, what it may, and the hashes of its secrets.
package struct AccessToken: Hashable, Sendable {
    /// Of a secret that was given out once; the secret itself is nowhere.
    package struct Secret: Hashable, Sendable {
        /// SHA-256, 32 bytes.
        package var hash: [UInt8]
        /// `nil`: as long as the token.
        package var expiresAt: Instant?

        package init(hash: [UInt8], expiresAt: Instant?) {
            self.hash = hash
            self.expiresAt = expiresAt
        }
    }

    package var id: TokenID
    package var name: String
    package var scope: AccessScope
    package var permissions: Permissions
    package var createdAt: Instant
    /// `nil`: never.
    package var expiresAt: Instant?
    package var revokedAt: Instant?
    /// The latest last; two while it is rotated, none once it is revoked.
    package var secrets: [Secret]
    /// Whom it is for without a secret; such a token has none.
    package var principal: Principal?

    package init(
        id: TokenID,
        name: String,
        scope: AccessScope,
        permissions: Permissions,
        createdAt: Instant,
        expiresAt: Instant?,
        revokedAt: Instant? = nil,
        secrets: [Secret],
        principal: Principal? = nil
    ) {
        self.id = id
        self.name = name
        self.scope = scope
        self.permissions = permissions
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.secrets = secrets
        self.principal = principal
    }

    /// Puts a new secret beside the one that is there, which is valid until `overlapEndsAt`.
    package mutating func rotate(to hash: [UInt8], overlapEndsAt: Instant) {
        if var last = self.secrets.last {
            last.expiresAt = min(last.expiresAt ?? overlapEndsAt, overlapEndsAt)
            self.secrets = [last]
        }
        self.secrets.append(Secret(hash: hash, expiresAt: nil))
    }

    package mutating func revoke(now: Instant) {
        self.revokedAt = self.revokedAt ?? now
        self.secrets = []
    }
}

/// A token that is to be made.
package struct NewToken: Hashable, Sendable {
    /// What shows who it is.
    package enum Credential: Hashable, Sendable {
        /// A secret, by its hash.
        case secret(hash: [UInt8])
        /// The connection itself.
        case principal(Principal)
    }

    package var name: String
    package var scope: AccessScope
    package var permissions: Permissions
    package var expiresAt: Instant?
    package var credential: Credential

    package init(
        name: String,
        scope: AccessScope,
        permissions: Permissions,
        expiresAt: Instant?,
        credential: Credential
    ) {
        self.name = name
        self.scope = scope
        self.permissions = permissions
        self.expiresAt = expiresAt
        self.credential = credential
    }
}

extension AccessToken {
    package init(_ new: NewToken, id: TokenID, _ now: Instant) {
        let (secrets, principal): ([Secret], Principal?) =
            switch new.credential {
            case .secret(let hash): ([Secret(hash: hash, expiresAt: nil)], nil)
            case .principal(let principal): ([], principal)
            }
        self.init(
            id: id,
            name: new.name,
            scope: new.scope,
            permissions: new.permissions,
            createdAt: now,
            expiresAt: new.expiresAt,
            secrets: secrets,
            principal: principal
        )
    }
}
