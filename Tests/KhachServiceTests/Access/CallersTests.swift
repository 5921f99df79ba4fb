internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

/// Who calls is known by a token, and what has no token is nobody (reliability.md §2.4).
@Suite("Callers")
struct CallersTests {
    private static let list = "khach.v1.DirectoryService/ListBusinesses"
    private static let request = Khach_V1_ListBusinessesRequest()

    @Test("a store without tokens is its machine's; with the first one, callers need one")
    func firstToken() async throws {
        var harness = ServiceHarness()
        _ = try await harness.business()
        _ = try await harness.makeToken(.all)
        let status = try await harness.refusal(Self.list, Self.request)
        #expect(status.code == .unauthenticated)
        #expect(status.reason == "UNAUTHENTICATED")
        try await harness.beKnown(.all)
        let reply: Khach_V1_ListBusinessesResponse = try await harness.call(
            Self.list,
            Self.request
        )
        #expect(reply.businesses.count == 1)
    }

    @Test("what was read before a change does not undo it, and nothing undoes a revocation")
    func readBefore() async throws {
        var harness = ServiceHarness()
        _ = try await harness.business()
        let (token, secret) = try await harness.makeToken(.all)
        let callers = harness.environment.callers
        let early = callers.beginLoad()
        let before = try await harness.store.tokens()
        let other = try await harness.makeToken(.all)
        callers.load(before, early)
        harness.token = other.secret
        let reply: Khach_V1_ListBusinessesResponse = try await harness.call(
            Self.list,
            Self.request
        )
        #expect(reply.businesses.count == 1)

        let revoked: Khach_V1_RevokeTokenResponse = try await harness.call(
            "khach.v1.DirectoryService/RevokeToken",
            Khach_V1_RevokeTokenRequest.with {
                $0.id = token.id.text
                $0.actor = "an"
            }
        )
        #expect(revoked.token.hasRevokedAt)
        callers.load(before, callers.beginLoad())
        harness.token = secret
        let status = try await harness.refusal(Self.list, Self.request)
        #expect(status.code == .unauthenticated)
    }

    @Test("health asks nobody")
    func health() async throws {
        let harness = ServiceHarness()
        _ = try await harness.makeToken(.all)
        let reply: Grpc_Health_V1_HealthCheckResponse = try await harness.call(
            "grpc.health.v1.Health/Check",
            Grpc_Health_V1_HealthCheckRequest()
        )
        #expect(reply.status == .serving)
    }

    @Test(
        "what is no token of this server has one answer",
        arguments: [
            "", "x", "khach_", "khach_" + String(repeating: "0", count: 64),
            "khach_" + String(repeating: "é", count: 32), String(repeating: "a", count: 4_000),
        ]
    )
    func others(_ secret: String) async throws {
        var harness = ServiceHarness()
        _ = try await harness.makeToken(.all)
        harness.token = secret
        let status = try await harness.refusal(Self.list, Self.request)
        #expect(status.code == .unauthenticated)
        #expect(
            status.message
                == "authorization: a token that this server knows expected, found another"
        )
    }

    @Test("a token ends when its time has come, at n and not at n − 1 ms")
    func expiry() async throws {
        var harness = ServiceHarness()
        let expiresAt = Instant(milliseconds: harness.clock.value.milliseconds + 1_000)
        harness.token = try await harness.makeToken(.all, expiresAt: expiresAt).secret
        _ = try await harness.business()
        harness.clock.advance(seconds: 1)
        let status = try await harness.refusal(Self.list, Self.request)
        #expect(status.code == .unauthenticated)
    }

    @Test("while a token is rotated both secrets are valid, and then the new one alone")
    func rotation() async throws {
        var harness = ServiceHarness()
        let (token, old) = try await harness.makeToken(.all)
        harness.token = old
        var secrets: [String] = []
        for _ in 0..<2 {
            let reply: Khach_V1_RotateTokenResponse = try await harness.call(
                "khach.v1.DirectoryService/RotateToken",
                Khach_V1_RotateTokenRequest.with {
                    $0.id = token.id.text
                    $0.overlapSeconds = 60
                    $0.actor = "an"
                }
            )
            #expect(reply.token.secretsCount == 2)
            secrets.append(reply.secret)
            harness.token = reply.secret
        }
        // The first is gone with the second rotation: two are valid, never three.
        #expect(try await self.isKnown(harness, old) == false)
        #expect(try await self.isKnown(harness, secrets[0]))
        harness.clock.advance(seconds: 60)
        #expect(try await self.isKnown(harness, secrets[0]) == false)
        #expect(try await self.isKnown(harness, secrets[1]))
    }

    @Test("a token that is revoked is none, also for itself, and a second time changes nothing")
    func revocation() async throws {
        var harness = ServiceHarness()
        try await harness.beKnown(.all)
        let (token, secret) = try await harness.makeToken(.read)
        for _ in 0..<2 {
            let reply: Khach_V1_RevokeTokenResponse = try await harness.call(
                "khach.v1.DirectoryService/RevokeToken",
                Khach_V1_RevokeTokenRequest.with {
                    $0.id = token.id.text
                    $0.actor = "an"
                }
            )
            #expect(reply.token.hasRevokedAt)
            #expect(reply.token.secretsCount == 0)
            harness.clock.advance(seconds: 1)
        }
        #expect(try await self.isKnown(harness, secret) == false)
        let status = try await harness.refusal(
            "khach.v1.DirectoryService/RotateToken",
            Khach_V1_RotateTokenRequest.with {
                $0.id = token.id.text
                $0.actor = "an"
            }
        )
        #expect(status.code == .notFound)
    }

    @Test("the last token of a store that is revoked opens it to nobody")
    func lastRevoked() async throws {
        var harness = ServiceHarness()
        let (token, secret) = try await harness.makeToken(.all)
        harness.token = secret
        _ = try await harness.store.revokeToken(
            token.id,
            by: Authorship(actor: "an"),
            now: harness.clock.value
        )
        try await harness.environment.loadTokens()
        for secret in [secret, nil] {
            harness.token = secret
            #expect(try await harness.refusal(Self.list, Self.request).code == .unauthenticated)
        }
    }

    @Test("what is streamed ends at the first look after its token was revoked")
    func stream() async throws {
        let harness = ServiceHarness()
        let (token, secret) = try await harness.makeToken(.all)
        let callers = harness.environment.callers
        let context = CallContext(
            service: "s",
            method: "m",
            metadata: Metadata([.init(key: "authorization", value: "Bearer \(secret)")])
        )
        let wait = ManualPauses()
        let streamed = Task {
            do throws(Status) {
                try await callers.watched(context) { () async throws(Status) in
                    do { try await wait.wait() } catch { throw Status(.cancelled, "cancelled") }
                }
                return Status.Code.ok
            } catch {
                return error.code
            }
        }
        harness.pauses.end()
        _ = try await harness.store.revokeToken(
            token.id,
            by: Authorship(actor: "an"),
            now: harness.clock.value
        )
        try await harness.environment.loadTokens()
        harness.pauses.end()
        #expect(await streamed.value == .unauthenticated)
        #expect(Callers.recheckPause <= .seconds(5))
    }

    private func isKnown(_ harness: ServiceHarness, _ secret: String) async throws -> Bool {
        var other = harness
        other.token = secret
        do throws(Status) {
            _ = try await other.call(Self.list, Payload())
            return true
        } catch {
            return error.code != .unauthenticated
        }
    }
}
