package import KhachCore
internal import TTRPC

/// Who calls, as far as the service is concerned.
package struct Caller: Hashable, Sendable {
    /// `nil`: whoever can reach a server that knows no tokens.
    package var token: TokenID?
    package var scope: AccessScope
    package var permissions: Permissions

    package static let localAdministrator = Caller(
        token: nil,
        scope: .everything,
        permissions: .all
    )

    package init(token: TokenID?, scope: AccessScope, permissions: Permissions) {
        self.token = token
        self.scope = scope
        self.permissions = permissions
    }

    package init(_ token: AccessToken) {
        self.init(token: token.id, scope: token.scope, permissions: token.permissions)
    }
}

/// What a method needs of who calls it.
///
/// A method cannot be added without one.
package enum Need: Hashable, Sendable {
    /// How much of the directory a caller must be allowed to see.
    package enum Extent: Hashable, Sendable {
        case somePages
        case wholeBusiness
        case everything
    }

    /// Nothing, not even a token.
    case nothing
    /// One of these permissions, over so much.
    case oneOf(Permissions, over: Extent)

    package static func permission(_ permission: Permissions) -> Need {
        .oneOf(permission, over: .somePages)
    }

    func check(_ caller: Caller) throws(Status) {
        guard case .oneOf(let permissions, let extent) = self else { return }
        guard !caller.permissions.isDisjoint(with: permissions) else {
            throw Status(
                .permissionDenied,
                reason: "PERMISSION_DENIED",
                "a token with \(permissions.names) expected, found one without"
            )
        }

        let reaches =
            switch (extent, caller.scope) {
            case (.somePages, _), (_, .everything), (.wholeBusiness, .business): true
            case (.wholeBusiness, .pages), (.everything, _): false
            }
        guard reaches else {
            let expected = extent == .everything ? "every business" : "every page of the business"
            throw Status(
                .permissionDenied,
                reason: "PERMISSION_DENIED",
                "a token of \(expected) expected, found one of less"
            )
        }
    }
}

extension Permissions {
    /// Number n of `khach.v1.Permission` is bit n − 1.
    private static let numbered: [(Permissions, String)] = [
        (.read, "READ"), (.contacts, "CONTACTS"), (.edit, "EDIT"), (.block, "BLOCK"),
        (.export, "EXPORT"), (.record, "RECORD"), (.erase, "ERASE"), (.manage, "MANAGE"),
        (.administer, "ADMINISTER"),
    ]

    var names: String {
        Self.numbered.filter { self.contains($0.0) }.map(\.1).joined(separator: " or ")
    }
}
