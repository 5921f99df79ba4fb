internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// Tokens of `khach.v1.DirectoryService`: made, rotated, revoked, listed.
struct TokenMethods {
    private static let service = "khach.v1.DirectoryService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let methods: [(String, @Sendable (Payload) async throws(Status) -> Payload)] = [
            ("CreateToken", self.createToken), ("RotateToken", self.rotateToken),
            ("RevokeToken", self.revokeToken), ("ListTokens", self.listTokens),
        ]
        for (name, method) in methods {
            rows.add(
                Self.service,
                name,
                needs: .permission(.administer),
                .unary { (_, payload) async throws(Status) in try await method(payload) }
            )
        }
    }

    @Sendable private func createToken(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 3, "page_ids", 0...Limits.tokenPagesMax)
        let request = try Khach_V1_CreateTokenRequest.request(payload)
        try self.checkInitialized()
        let (text, hash) = self.environment.callers.mint.make()
        let token = try await mapErrors {
            let now = self.environment.now()
            let actor = try checkedActor(request.actor, field: "actor")
            let principal = try Self.principal(request)
            if principal != nil { try self.checkNamesPrincipals() }
            let new = NewToken(
                name: try DirectoryMethods.name(request.name),
                scope: try Self.scope(request),
                permissions: try self.permissions(request.permissions),
                expiresAt: try Self.expiry(request, now),
                credential: principal.map { .principal($0) } ?? .secret(hash: hash)
            )
            let author = Authorship(actor: actor)
            let token = try await self.environment.store.createToken(new, by: author, now: now)
            try await self.environment.loadTokens()
            return token
        }
        return try Khach_V1_CreateTokenResponse.with {
            $0.token = Khach_V1_AccessToken(token)
            if token.principal == nil { $0.secret = text }
        }.reply()
    }

    /// Principals are of the machine and its authority, not of a business: who has less than
    /// everything could take another's.
    private func checkNamesPrincipals() throws(Status) {
        guard self.environment.caller.scope != .everything else { return }

        throw Status(
            .permissionDenied,
            reason: "PERMISSION_DENIED",
            "principal: a token of every business expected to name one, found one of less"
        )
    }

    /// `nil`: it is for whoever has its secret.
    private static func principal(
        _ request: Khach_V1_CreateTokenRequest
    ) throws(InputError) -> Principal? {
        guard !request.principal.isEmpty else { return nil }
        guard let principal = Principal(text: request.principal) else {
            throw InputError(
                "principal",
                "a URI such as spiffe://domain/path of at most \(Principal.bytesMax) bytes, or "
                    + "unix-user:UID, expected, found another text"
            )
        }
        return principal
    }

    private static func scope(
        _ request: Khach_V1_CreateTokenRequest
    ) throws(InputError) -> AccessScope {
        guard !request.businessID.isEmpty else {
            guard request.pageIds.isEmpty else {
                throw InputError("business_id", "the business of the pages expected, found none")
            }
            return .everything
        }

        let business = try BusinessID(request.businessID, field: "business_id")
        var pages: Set<PageID> = []
        for (index, id) in request.pageIds.enumerated() {
            pages.insert(try PageID(id, field: "page_ids[\(index)]"))
        }
        return pages.isEmpty ? .business(business) : .pages(pages, of: business)
    }

    private func permissions(
        _ asked: [Khach_V1_Permission]
    ) throws -> Permissions {
        var permissions: Permissions = []
        for permission in asked {
            let known = Permissions(permission)
            guard !known.isEmpty else {
                throw InputError(
                    "permissions",
                    "permissions expected, found \(permission.rawValue)"
                )
            }
            permissions.formUnion(known)
        }
        guard !permissions.isEmpty else {
            throw InputError("permissions", "at least one expected, found none")
        }
        try self.checkHeld(permissions)
        return permissions
    }

    /// Nobody gets a secret that may more than its own.
    private func checkHeld(_ permissions: Permissions) throws(Status) {
        guard self.environment.caller.permissions.isSuperset(of: permissions) else {
            throw Status(
                .permissionDenied,
                reason: "PERMISSION_DENIED",
                "permissions: those of the caller's own token expected, found others"
            )
        }
    }

    private static func expiry(
        _ request: Khach_V1_CreateTokenRequest,
        _ now: Instant
    ) throws(InputError) -> Instant? {
        guard request.hasExpiresAt else { return nil }
        guard let expiresAt = Instant(request.expiresAt), expiresAt > now else {
            throw InputError(
                "expires_at",
                "a time to come expected, found \(request.expiresAt.seconds) s"
            )
        }
        return expiresAt
    }

    @Sendable private func rotateToken(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_RotateTokenRequest.request(payload)
        try self.checkInitialized()
        let (text, hash) = self.environment.callers.mint.make()
        let token = try await mapErrors {
            let now = self.environment.now()
            let id = try TokenID(request.id, field: "id")
            let most = Limits.tokenOverlapSecondsMax
            guard request.overlapSeconds <= most else {
                throw InputError(
                    "overlap_seconds",
                    "at most \(most) expected, found \(request.overlapSeconds)"
                )
            }
            // What is not in the scope is not listed, and not found below.
            let asked = try await self.environment.store.tokens().first { $0.id == id }
            try self.checkHeld(asked?.permissions ?? [])
            if asked?.principal != nil {
                throw InputError("id", "a token with a secret expected, found a principal's")
            }
            let overlap =
                request.overlapSeconds == 0
                ? Limits.tokenOverlapSecondsDefault : Int64(request.overlapSeconds)
            let token = try await self.environment.store.rotateToken(
                id,
                to: hash,
                overlapEndsAt: Instant(milliseconds: now.milliseconds + overlap * 1_000),
                by: Authorship(actor: try checkedActor(request.actor, field: "actor")),
                now: now
            )
            try await self.environment.loadTokens()
            return token
        }
        return try Khach_V1_RotateTokenResponse.with {
            $0.token = Khach_V1_AccessToken(token)
            $0.secret = text
        }.reply()
    }

    @Sendable private func revokeToken(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_RevokeTokenRequest.request(payload)
        try self.checkInitialized()
        let token = try await mapErrors {
            let id = try TokenID(request.id, field: "id")
            let token = try await self.environment.store.revokeToken(
                id,
                by: Authorship(actor: try checkedActor(request.actor, field: "actor")),
                now: self.environment.now()
            )
            self.environment.callers.revoke(token.id)
            return token
        }
        return try Khach_V1_RevokeTokenResponse.with {
            $0.token = Khach_V1_AccessToken(token)
        }.reply()
    }

    @Sendable private func listTokens(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListTokensRequest.request(payload)
        return try await mapErrors {
            let rows = try requestedRows(request.pageSize)
            let tokens = PageToken(seal: self.environment.seal, list: "tokens", filter: [])
            let after = try tokens.numbers(request.pageToken, count: 1)?.first ?? -1
            let found = try await self.environment.store.tokens()
                .filter { $0.id.rawValue > after }
            return try Khach_V1_ListTokensResponse.with {
                $0.tokens = found.prefix(rows).map { Khach_V1_AccessToken($0) }
                if found.count > rows {
                    $0.nextPageToken = tokens.text([found[rows - 1].id.rawValue])
                }
            }.reply()
        }
    }

    /// The first token of a store is made where nobody can be in the way: `khachd init`.
    private func checkInitialized() throws(Status) {
        guard self.environment.callers.areKnown else {
            throw Status(
                .failedPrecondition,
                reason: "NOT_INITIALIZED",
                "a server that knows tokens expected, found one whose callers need none; "
                    + "see khachd init"
            )
        }
    }
}
