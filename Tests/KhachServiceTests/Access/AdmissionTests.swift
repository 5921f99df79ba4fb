internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// What a connection's last call found of its caller serves the next one, while it holds.
@Suite("Admissions")
struct AdmissionTests {
    private static let list = "khach.v1.DirectoryService/ListBusinesses"
    private static let request = Khach_V1_ListBusinessesRequest()

    /// Something that happens between two calls of one connection, and what the second one is.
    enum Between: CaseIterable, CustomTestStringConvertible {
        case nothing
        case anotherConnection
        case otherTokenIsMade
        case otherTokenIsShown
        case noTokenIsShown
        case tokenIsRevoked
        case tokenIsRevokedElsewhere
        case tokenEnds

        var code: Status.Code {
            switch self {
            case .nothing, .anotherConnection, .otherTokenIsMade, .otherTokenIsShown: .ok
            case .noTokenIsShown, .tokenIsRevoked, .tokenIsRevokedElsewhere, .tokenEnds:
                .unauthenticated
            }
        }

        /// Whether the second call finds its caller as the first one left it.
        var isRemembered: Bool { self == .nothing }

        var testDescription: String { "\(self)" }
    }

    @Test("the second call of a connection", arguments: Between.allCases)
    func second(_ between: Between) async throws {
        var harness = ServiceHarness()
        let end = Instant(milliseconds: harness.clock.value.milliseconds + 1_000)
        let (token, secret) = try await harness.makeToken(.all, expiresAt: end)
        let other = try await harness.makeToken(.all)
        harness.token = secret
        _ = try await self.code(harness)
        let first = try #require(harness.mark.memo)

        switch between {
        case .nothing: break
        case .anotherConnection: harness.mark.memo = nil
        case .otherTokenIsMade: _ = try await harness.makeToken(.all)
        case .otherTokenIsShown: harness.token = other.secret
        case .noTokenIsShown: harness.token = nil
        case .tokenIsRevoked: harness.environment.callers.revoke(token.id)
        case .tokenIsRevokedElsewhere:
            _ = try await harness.store.revokeToken(
                token.id,
                by: Authorship(actor: "an"),
                now: harness.clock.value
            )
            try await harness.environment.loadTokens()
        case .tokenEnds: harness.clock.advance(seconds: 1)
        }

        #expect(try await self.code(harness) == between.code)
        #expect((harness.mark.memo === first) == (between.isRemembered || between.code != .ok))
    }

    @Test("a connection remembers nobody who may see more than the token that is shown")
    func scope() async throws {
        var harness = ServiceHarness()
        let own = try await harness.business().id
        _ = try await harness.business()
        let all = try await harness.makeToken(.all)
        let one = try await harness.makeToken(
            .all,
            .business(try #require(BusinessID(text: own)))
        )
        for (secret, count) in [(all.secret, 2), (one.secret, 1), (all.secret, 2), (one.secret, 1)]
        {
            harness.token = secret
            let reply: Khach_V1_ListBusinessesResponse = try await harness.call(
                Self.list,
                Self.request
            )
            #expect(reply.businesses.count == count)
        }
    }

    private func code(_ harness: ServiceHarness) async throws -> Status.Code {
        let payload: Payload = try Self.request.serializedBytes()
        do throws(Status) {
            _ = try await harness.call(Self.list, payload)
            return .ok
        } catch {
            return error.code
        }
    }
}
