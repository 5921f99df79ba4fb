package import KhachCore
internal import Synchronization
package import TTRPC

/// Who is known: the one place where a call becomes a caller.
///
/// A caller shows a secret, or its connection shows a principal that has a token; who does both is
/// the same one by either, or nobody.
///
/// The tokens of a store are held by the hashes of their secrets. What is looked up is a hash, so
/// how long that takes says nothing of any secret. The secret of a connection's last call is kept
/// until the connection ends, and compared in a time that does not depend on it.
package final class Callers: Sendable {
    /// How often a stream looks whether its caller is still known.
    package static let recheckPause = Duration.seconds(2)

    /// Somebody who is known, until the tokens change or so long.
    package struct Known: Sendable {
        package var caller: Caller
        /// The earlier end of the token and the secret.
        package var expiresAt: Instant?
        /// Of the tokens that were looked in; see `holds`.
        package fileprivate(set) var version: UInt64 = 0
    }

    private enum State: Sendable {
        /// The store never had a token: whoever can reach the server is its administrator.
        case open
        case closed(Directory)
    }

    /// The tokens that are not revoked, by what shows who calls.
    private struct Directory: Sendable {
        var secrets: [[UInt8]: Known] = [:]
        var peers: [Peer: Known] = [:]

        init(_ tokens: [AccessToken]) {
            for token in tokens where token.revokedAt == nil {
                for secret in token.secrets {
                    self.secrets[secret.hash] = Known(
                        caller: Caller(token),
                        expiresAt: [token.expiresAt, secret.expiresAt].compactMap { $0 }.min()
                    )
                }
                if let principal = token.principal {
                    self.peers[Peer(principal)] = Known(
                        caller: Caller(token),
                        expiresAt: token.expiresAt
                    )
                }
            }
        }

        mutating func remove(_ id: TokenID) {
            self.secrets = self.secrets.filter { $0.value.caller.token != id }
            self.peers = self.peers.filter { $0.value.caller.token != id }
        }
    }

    /// What was read of the store's tokens, and when.
    private struct Readings {
        var begun: UInt64 = 0
        /// The latest that holds.
        var held: UInt64 = 0
        /// Revoked since the start: no reading brings them back.
        var revoked: Set<TokenID> = []
    }

    /// The key of the metadata by which a secret is shown.
    package static let key = "authorization"

    package let mint: SecretMint
    private let now: @Sendable () -> Instant
    private let pause: @Sendable (Duration) async throws -> Void
    private let state: Mutex<State>
    private let readings = Mutex(Readings())
    /// Counts changes of `state`; changes behind it.
    private let version = Atomic<UInt64>(0)

    /// Nobody needs to be known until `load` finds a token.
    package init(
        mint: SecretMint,
        now: @escaping @Sendable () -> Instant,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.mint = mint
        self.now = now
        self.pause = pause
        self.state = Mutex(.open)
    }

    /// Whether callers need a token.
    package var areKnown: Bool {
        self.state.withLock { if case .closed = $0 { true } else { false } }
    }

    /// Said before the tokens of a store are read, and behind the commit that they are read for.
    package func beginLoad() -> UInt64 {
        self.readings.withLock { readings in
            readings.begun += 1
            return readings.begun
        }
    }

    /// Takes the tokens of a store in the place of those that were known.
    ///
    /// A reading that was begun earlier than one that holds may lack its commit: nothing is taken.
    package func load(_ tokens: [AccessToken], _ turn: UInt64) {
        self.readings.withLock { readings in
            guard turn > readings.held else { return }

            readings.held = turn
            let known = Directory(tokens.filter { !readings.revoked.contains($0.id) })
            self.state.withLock { state in
                if case .open = state, tokens.isEmpty { return }

                state = .closed(known)
            }
            self.version.add(1, ordering: .sequentiallyConsistent)
        }
    }

    /// Ends a token, whatever else is read meanwhile, and whether or not who asked is still there.
    package func revoke(_ id: TokenID) {
        self.readings.withLock { readings in
            readings.revoked.insert(id)
            self.state.withLock { state in
                guard case .closed(var known) = state else { return }

                known.remove(id)
                state = .closed(known)
            }
            self.version.add(1, ordering: .sequentiallyConsistent)
        }
    }

    /// Who makes a call.
    package func caller(of context: CallContext) throws(Status) -> Caller {
        try self.known(of: context).caller
    }

    /// Whether who was known by the same secret and the same connection is still.
    package func holds(_ known: Known) -> Bool {
        known.version == self.version.load(ordering: .sequentiallyConsistent)
            && (known.expiresAt.map { self.now() < $0 } ?? true)
    }

    /// Who makes a call, and for how long that is known.
    package func known(of context: CallContext) throws(Status) -> Known {
        // Before the tokens: a change in between makes it known for no later call.
        let version = self.version.load(ordering: .sequentiallyConsistent)
        // Once for a call, as many calls want it.
        guard case .closed(let known) = self.state.withLock({ $0 }) else {
            return Known(caller: .localAdministrator, version: version)
        }
        var found = try self.known(of: context, in: known)
        found.version = version
        return found
    }

    private func known(of context: CallContext, in known: Directory) throws(Status) -> Known {
        let own = context.peer.flatMap { self.valid(known.peers[$0]) }
        guard let value = context.metadata[Self.key] else {
            guard let own else {
                throw Self.unknown(context.peer.map { "none, nor one of \($0)" } ?? "none")
            }
            return own
        }
        guard let hash = self.mint.hash(ofAuthorization: value),
            var shown = self.valid(known.secrets[hash])
        else { throw Self.unknown("another") }
        guard own.map({ $0.caller.token == shown.caller.token }) ?? true else {
            throw Self.unknown("a secret of another token than that of the connection itself")
        }

        shown.expiresAt = [shown.expiresAt, own?.expiresAt].compactMap { $0 }.min()
        return shown
    }

    /// Runs a stream for as long as its caller is known.
    package func watched(
        _ context: CallContext,
        _ body: @escaping @Sendable () async throws(Status) -> Void
    ) async throws(Status) {
        guard self.areKnown else { return try await body() }

        let ended = await withTaskGroup(of: Result<Void, Status>.self) { group in
            group.addTask {
                do throws(Status) {
                    try await body()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { await self.untilUnknown(context) }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        try ended.get()
    }

    /// Ends with the refusal once the caller is not known any more, or when it is cancelled.
    private func untilUnknown(_ context: CallContext) async -> Result<Void, Status> {
        while true {
            do {
                try await self.pause(Self.recheckPause)
            } catch {
                return .failure(Status(.cancelled, "the call was cancelled"))
            }
            do throws(Status) {
                _ = try self.caller(of: context)
            } catch {
                return .failure(error)
            }
        }
    }

    private func valid(_ known: Known?) -> Known? {
        guard let known, known.expiresAt.map({ self.now() < $0 }) ?? true else { return nil }

        return known
    }

    private static func unknown(_ found: String) -> Status {
        Status(
            .unauthenticated,
            reason: "UNAUTHENTICATED",
            "authorization: a token that this server knows expected, found \(found)"
        )
    }
}

extension Peer {
    fileprivate init(_ principal: Principal) {
        self =
            switch principal {
            case .certificate(let uri): .certificate(uri: uri)
            case .unixUser(let id): .unixUser(id)
            }
    }
}
