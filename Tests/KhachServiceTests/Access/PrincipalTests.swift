internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// Callers whose connection says who they are.
@Suite("Principals")
struct PrincipalTests {
    private static let uri = "spiffe://khach.example/agent"

    /// What a connection shows, whether its calls have a secret beside it, and what comes of that.
    static let connections: [(peer: Peer?, secret: Bool, code: Status.Code)] = [
        (.certificate(uri: uri), false, .ok),
        (.certificate(uri: uri + "/other"), false, .unauthenticated),
        (.certificate(uri: "unix-user:1000"), false, .unauthenticated),
        (.unixUser(1_000), false, .ok),
        (.unixUser(0), false, .unauthenticated),
        (nil, false, .unauthenticated),
        // A secret is enough where the connection is nobody's, and is not another's beside it.
        (nil, true, .ok),
        (.unixUser(0), true, .ok),
        (.unixUser(1_000), true, .unauthenticated),
    ]

    @Test(
        "who has a token by its connection needs no secret, and is no other",
        arguments: connections
    )
    func connection(_ peer: Peer?, _ hasSecret: Bool, _ code: Status.Code) async throws {
        let harness = ServiceHarness()
        for principal in [Principal.certificate(uri: Self.uri), .unixUser(1_000)] {
            _ = try await Self.make(principal, in: harness)
        }
        let (_, secret) = try await harness.makeToken(.all)
        let context = Self.context(peer, hasSecret ? secret : nil)
        #expect(Self.code(harness, context) == code)
    }

    @Test(
        "whoever administers one business names no principals: they are of the whole machine",
        arguments: [(isOfAll: true, code: Status.Code.ok), (false, .permissionDenied)]
    )
    func named(isOfAll: Bool, code: Status.Code) async throws {
        var harness = ServiceHarness()
        let business = try await harness.business().id
        let scope = AccessScope.business(try #require(BusinessID(text: business)))
        try await harness.beKnown(.all, isOfAll ? .everything : scope)
        let request = Khach_V1_CreateTokenRequest.with {
            $0.name = "Lan"
            $0.businessID = business
            $0.permissions = [.read]
            $0.actor = "an"
            $0.principal = Self.uri
        }
        guard code == .ok else {
            let status = try await harness.refusal(
                "khach.v1.DirectoryService/CreateToken",
                request
            )
            #expect(status.code == code)
            return
        }

        let reply: Khach_V1_CreateTokenResponse = try await harness.call(
            "khach.v1.DirectoryService/CreateToken",
            request
        )
        #expect(reply.token.principal == Self.uri)
        #expect(reply.secret.isEmpty)
    }

    @Test("a principal ends with its token: revoked, or at its time")
    func ends() async throws {
        let harness = ServiceHarness()
        let context = Self.context(.certificate(uri: Self.uri), nil)
        let soon = Instant(milliseconds: harness.clock.value.milliseconds + 1_000)
        let first = try await Self.make(.certificate(uri: Self.uri), expiresAt: soon, in: harness)
        #expect(Self.code(harness, context) == .ok)
        harness.clock.advance(seconds: 1)
        #expect(Self.code(harness, context) == .unauthenticated)

        // Its end is no room for another: that one is revoked first.
        await #expect(throws: StoreError.self) {
            try await Self.make(.certificate(uri: Self.uri), in: harness)
        }
        _ = try await harness.store.revokeToken(
            first.id,
            by: Authorship(actor: "an"),
            now: harness.clock.value
        )
        let second = try await Self.make(.certificate(uri: Self.uri), in: harness)
        #expect(Self.code(harness, context) == .ok)
        harness.environment.callers.revoke(second.id)
        #expect(Self.code(harness, context) == .unauthenticated)
    }

    @Test("a token of a principal has no secret, tells its principal, and is not rotated")
    func method() async throws {
        var harness = ServiceHarness()
        try await harness.beKnown(.all)
        let made: Khach_V1_CreateTokenResponse = try await harness.call(
            "khach.v1.DirectoryService/CreateToken",
            Khach_V1_CreateTokenRequest.with {
                $0.name = "Lan"
                $0.permissions = [.read]
                $0.actor = "an"
                $0.principal = Self.uri
            }
        )
        #expect(made.secret.isEmpty)
        #expect(made.token.principal == Self.uri)
        #expect(made.token.secretsCount == 0)
        let status = try await harness.refusal(
            "khach.v1.DirectoryService/RotateToken",
            Khach_V1_RotateTokenRequest.with {
                $0.id = made.token.id
                $0.actor = "an"
            }
        )
        #expect(status.field == "id")
    }

    private static func make(
        _ principal: Principal,
        expiresAt: Instant? = nil,
        in harness: ServiceHarness
    ) async throws -> AccessToken {
        let token = try await harness.store.createToken(
            NewToken(
                name: "Lan",
                scope: .everything,
                permissions: [.read],
                expiresAt: expiresAt,
                credential: .principal(principal)
            ),
            by: Authorship(actor: "an"),
            now: harness.clock.value
        )
        try await harness.environment.loadTokens()
        return token
    }

    private static func context(_ peer: Peer?, _ secret: String?) -> CallContext {
        CallContext(
            service: "s",
            method: "m",
            metadata: Metadata(
                secret.map { [.init(key: "authorization", value: "Bearer \($0)")] } ?? []
            ),
            peer: peer
        )
    }

    private static func code(_ harness: ServiceHarness, _ context: CallContext) -> Status.Code {
        do throws(Status) {
            _ = try harness.environment.callers.caller(of: context)
            return .ok
        } catch {
            return error.code
        }
    }
}
