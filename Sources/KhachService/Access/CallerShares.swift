internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import Synchronization
package import TTRPC

/// How much of the server each caller has: calls in a second, and calls that run at once.
///
/// Who asks for a little too much waits for its turn, and no longer than `patience`; who asks for
/// more is refused and told when to come again. Others do not notice (reliability.md §4.5).
package final class CallerShares: Sendable {
    package struct Bounds: Hashable, Sendable {
        /// Calls in a second of one token; `nil`: as many as it likes.
        package var tokenRate: Int?
        /// Calls in a second of all tokens of one business; `nil`: as many as they like.
        package var businessRate: Int?
        /// Calls of one token whose handlers run, whichever connections they come by.
        package var runningPerToken = 200
        /// Calls of everybody whose handlers run.
        package var running = 2_000
        /// Connections by which one token calls.
        package var connectionsPerToken = 64
        /// Bytes of requests that come in, or whose handlers run as tasks.
        package var messageBytes = 256 << 20
        /// Of those, bytes of calls of one token.
        package var messageBytesPerToken = 64 << 20
        /// Of those, bytes that come in from one IP address, or by all Unix sockets: a quarter.
        package var messageBytesPerAddress = 64 << 20
        /// Of those, bytes that come in by one connection.
        package var messageBytesPerConnection = 16 << 20

        package init() {}
    }

    /// So many seconds' calls may come at once after a pause, and no more than `burstMax`: what a
    /// caller asks at once, others wait for.
    static let burstSeconds = 2
    static let burstMax = 250
    /// How long a call waits for its turn rather than be refused.
    static let patience: UInt64 = 1_000_000_000

    fileprivate struct State {
        /// As many as there were tokens and businesses that called.
        var rates: [Lane: TokenBucket] = [:]
        var running: [TokenID: Int] = [:]
        var runningCount = 0
        var connections: [TokenID: Int] = [:]
    }

    private let bounds: Bounds
    private let now: @Sendable () -> MonotonicInstant
    private let pause: @Sendable (Duration) async throws -> Void
    private let state = Mutex(State())
    private let messages: MessageBudget

    /// `pause` returns after so long, or throws when its task is cancelled.
    package init(
        _ bounds: Bounds = Bounds(),
        now: @escaping @Sendable () -> MonotonicInstant,
        pause: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.bounds = bounds
        self.messages = MessageBudget(bounds)
        self.now = now
        self.pause = pause
    }

    /// Runs a call that has its answer at once; `nil` when it has to wait for its turn, or has no
    /// answer without waiting.
    func inPlace(
        _ caller: Caller,
        _ body: () throws(Status) -> Payload?
    ) throws(Status) -> Payload? {
        guard self.wait(caller, patience: 0) == 0 else { return nil }

        let reply = try body()
        if reply == nil { self.giveBack(caller) }  // it comes again, as a task
        return reply
    }

    /// Refuses a call that cannot wait, when its turn is not now.
    func checkTurn(_ caller: Caller) throws(Status) {
        let wait = self.wait(caller, patience: 0)
        guard wait == 0 else { throw Self.tooFast(wait: wait) }
    }

    /// Room for requests that come in by one connection from a place, which those that run share.
    package func room(from place: String) -> RequestRoom { self.messages.room(from: place) }

    /// Runs a call when it is its turn, in the lane of its caller; its request has so many bytes.
    func task<Answer: Sendable>(
        _ caller: Caller,
        holds: Bool,
        bytes: Int = 0,
        _ body: @escaping @Sendable () async throws(Status) -> Answer
    ) async throws(Status) -> Answer {
        let counted = RequestRoom.counted(bytes)
        if let status = self.messages.take(counted, of: caller.token) { throw status }
        defer { self.messages.giveBack(counted, of: caller.token) }
        try await self.awaitTurn(caller)
        if holds { try self.begin(caller) }
        defer { if holds { self.end(caller) } }
        guard caller.lane != .common else { return try await body() }

        return try await Lane.$current.withValue(caller.lane) {
            () async -> Result<Answer, Status> in
            do throws(Status) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }.get()
    }

    // MARK: Connections

    /// Counts the connection of a call for its caller, if it was not counted, until it ends.
    func checkConnection(_ context: CallContext, _ caller: Caller) throws(Status) {
        guard let token = caller.token, let mark = context.mark else { return }
        guard mark.called(by: token.rawValue, { self.connect(token) }) else {
            throw Status(
                .resourceExhausted,
                reason: "TOO_MANY_CONNECTIONS",
                "\(self.bounds.connectionsPerToken) connections of one token expected at most, "
                    + "found one more"
            )
        }
    }

    /// `nil` when the token has as many as it may; else what says that the connection has ended.
    private func connect(_ token: TokenID) -> (@Sendable () -> Void)? {
        let isTaken = self.state.withLock { state in
            let count = state.connections[token, default: 0]
            guard count < self.bounds.connectionsPerToken else { return false }

            state.connections[token] = count + 1
            return true
        }
        guard isTaken else { return nil }

        return { self.disconnect(token) }
    }

    private func disconnect(_ token: TokenID) {
        self.state.withLock { state in
            let count = state.connections[token, default: 1] - 1
            state.connections[token] = count == 0 ? nil : count
        }
    }

    // MARK: Rates

    private func awaitTurn(_ caller: Caller) async throws(Status) {
        let wait = self.wait(caller, patience: Self.patience)
        guard wait <= Self.patience else { throw Self.tooFast(wait: wait) }
        guard wait > 0 else { return }

        let step = CallSteps.begin()
        defer { step?.end(.rate) }
        do {
            try await self.pause(.nanoseconds(wait))
        } catch {
            throw Status(.cancelled, "the call was cancelled")
        }
    }

    /// Takes a call's turn if that comes within `patience`, and says when it comes.
    private func wait(_ caller: Caller, patience: UInt64) -> UInt64 {
        let rated = self.rated(caller)
        guard !rated.isEmpty else { return 0 }

        let now = self.now().nanoseconds
        return self.state.withLock { state in
            var longest: UInt64 = 0
            for (index, (lane, rate)) in rated.enumerated() {
                let wait = state.take(lane, rate, now, patience)
                longest = max(longest, wait)
                guard wait > patience else { continue }

                for (taken, _) in rated[..<index] { state.rates[taken]?.giveBack() }
                break
            }
            return longest
        }
    }

    private func giveBack(_ caller: Caller) {
        self.state.withLock { state in
            for (lane, _) in self.rated(caller) { state.rates[lane]?.giveBack() }
        }
    }

    /// What a call of this caller counts for.
    private func rated(_ caller: Caller) -> [(Lane, Int)] {
        guard let token = caller.token else { return [] }

        var rated: [(Lane, Int)] = []
        if let rate = self.bounds.tokenRate { rated.append((.token(token), rate)) }
        if let rate = self.bounds.businessRate, let business = caller.scope.business {
            rated.append((.business(business), rate))
        }
        return rated
    }

    private static func tooFast(wait: UInt64) -> Status {
        var status = Status(
            .resourceExhausted,
            reason: "TOO_MANY_CALLS",
            "fewer calls in a second expected, found more; the next is taken after "
                + "\(wait / 1_000_000 + 1) ms"
        )
        status.attach(
            Google_Rpc_RetryInfo.with {
                $0.retryDelay.seconds = Int64(wait / 1_000_000_000)
                $0.retryDelay.nanos = Int32(wait % 1_000_000_000)
            }
        )
        return status
    }

    // MARK: Running calls

    /// How many calls run.
    package var runningCount: Int { self.state.withLock { $0.runningCount } }

    private func begin(_ caller: Caller) throws(Status) {
        guard let token = caller.token else { return }

        let bounds = self.bounds
        let refusal = self.state.withLock { state -> String? in
            let own = state.running[token, default: 0]
            guard own < bounds.runningPerToken else {
                return "\(bounds.runningPerToken) calls of one token expected at most"
            }
            guard state.runningCount < bounds.running else {
                return "\(bounds.running) calls of all callers expected at most"
            }

            state.running[token] = own + 1
            state.runningCount += 1
            return nil
        }
        guard let refusal else { return }

        throw Status(
            .resourceExhausted,
            reason: "TOO_MANY_CALLS",
            "\(refusal) to run at once, found one more"
        )
    }

    private func end(_ caller: Caller) {
        guard let token = caller.token else { return }

        self.state.withLock { state in
            state.runningCount -= 1
            let own = state.running[token, default: 1] - 1
            state.running[token] = own == 0 ? nil : own
        }
    }
}

extension CallerShares.State {
    fileprivate mutating func take(
        _ lane: Lane,
        _ rate: Int,
        _ now: UInt64,
        _ patience: UInt64
    ) -> UInt64 {
        let burst = min(rate * CallerShares.burstSeconds, CallerShares.burstMax)
        let new = TokenBucket(perSecond: rate, burst: burst, now: now)
        return self.rates[lane, default: new].take(now: now, patience: patience)
    }
}

extension Caller {
    /// Whose turn its work takes.
    var lane: Lane {
        guard let token = self.token else { return .common }

        return self.scope.business.map(Lane.business) ?? .token(token)
    }
}
