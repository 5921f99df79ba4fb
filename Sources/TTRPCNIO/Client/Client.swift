internal import NIOCore
internal import Synchronization
package import TTRPC

/// A way to a server, shared by any number of calling tasks: one connection at a time.
///
/// Every failure is a `Status`; a lost connection is `unavailable`, for the calls that were open
/// and for those that come later: who wants another makes another client, as only the caller knows
/// what may be repeated. A server that leaves in order (GOAWAY) is another matter, as is a
/// connection that ended before its first call: what was not begun is made again over a new
/// connection, and nobody notices.
package final class Client: Sendable {
    package struct Configuration: Sendable {
        /// How long a connection may take to be made.
        package var connectTimeout: Duration = .seconds(5)
        /// How long calls may be open in silence before the server is pinged, if it answers pings;
        /// `nil` never pings.
        package var keepalive: Duration?
        package var limits = Limits()
        /// Stands before the protocol on every connection; needed for a `tls` address.
        package var shield: Shield?
        /// A small method that is called before the first long request of a connection: a server
        /// takes none of nobody known.
        package var introduction: (service: String, method: String)?

        package init() {}
    }

    private typealias Waiter = CheckedContinuation<Turn, Never>

    private enum State {
        case linked(Link)
        /// The server leaves this connection, whose open calls may end; the next one connects.
        case left(Link)
        /// A call connects, and these wait for it.
        case connecting([Waiter])
        case closed
    }

    private enum Turn {
        case take(Link)
        case connect(Link)
        case fail(Status)
    }

    package let address: Address
    private let configuration: Configuration
    private let state: Mutex<State>
    /// What the server leaves, until its last call has ended.
    private let former = Mutex<[Link]>([])
    /// How often one call is made anew because a server left.
    static let attemptsMax = 4

    private init(_ address: Address, _ configuration: Configuration, _ link: Link) {
        self.address = address
        self.configuration = configuration
        self.state = Mutex(.linked(link))
    }

    /// Connects, or says `unavailable` when that does not succeed within `timeout`.
    package static func connect(
        address: Address,
        timeout: Duration = .seconds(5),
        limits: Limits = Limits()
    ) async throws(Status) -> Client {
        var configuration = Configuration()
        configuration.connectTimeout = timeout
        configuration.limits = limits
        return try await self.connect(address: address, configuration)
    }

    /// Connects, or says `unavailable`.
    package static func connect(
        address: Address,
        _ configuration: Configuration
    ) async throws(Status) -> Client {
        Client(address, configuration, try await Link.connect(address, configuration))
    }

    /// Calls a unary method.
    ///
    /// Cancelling the task, or the end of `timeout`, ends the call here at once, and there too
    /// where the server understands CANCEL.
    package func call(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> Payload {
        let call = Call(service, method, payload, metadata, timeout)
        return try await self.attempt(call) { (link) async throws(CallFailure) in
            try await link.call(try call.encoded()).get()
        }
    }

    /// Calls a method that answers with a stream; returns once the request is on its way.
    package func serverStream(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> ResponseSequence {
        let call = Call(service, method, payload, metadata, timeout)
        let open = { @Sendable () async throws(Status) -> OpenStream in
            try await self.open(.serverStreaming, call)
        }
        return ResponseSequence(try await open()) { (left) async throws(Status) in
            self.leave(left)
            return try await open()
        }
    }

    /// Calls a method that takes a stream and answers once.
    ///
    /// What was sent is not kept: a server that leaves before it begins fails it, `unavailable`.
    package func clientStream(
        _ service: String,
        _ method: String,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> CollectedCall {
        let call = Call(service, method, Payload(), metadata, timeout)
        let stream = try await self.open(.clientStreaming, call)
        return CollectedCall(
            requests: RequestSink(stream: stream),
            responses: ResponseSequence(stream)
        )
    }

    /// Calls a method that takes a stream and answers with one.
    package func bidirectionalStream(
        _ service: String,
        _ method: String,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> ConversedCall {
        let call = Call(service, method, Payload(), metadata, timeout)
        let stream = try await self.open(.bidirectional, call)
        return ConversedCall(
            requests: RequestSink(stream: stream),
            responses: ResponseSequence(stream)
        )
    }

    /// Closes the connection; calls that are open fail as `unavailable`.
    package func close() async {
        let closed = self.state.withLock { exchange(&$0, with: .closed) }
        switch closed {
        case .linked(let link), .left(let link): try? await link.channel.close()
        case .connecting(let waiters):
            for waiter in waiters { waiter.resume(returning: .fail(Self.isClosed)) }
        case .closed: break
        }
        for link in self.former.withLock({ exchange(&$0, with: []) }) {
            try? await link.channel.close()
        }
    }

    // MARK: Connections

    private func open(
        _ shape: ClientStream.Shape,
        _ call: Call
    ) async throws(Status) -> OpenStream {
        try await self.attempt(call) { (link) async throws(CallFailure) in
            try await link.openStream(shape, try call.encoded()).get()
        }
    }

    /// Runs `body` over a connection; again over another one when the server left.
    private func attempt<Answer: Sendable>(
        _ call: Call,
        _ body: (Link) async throws(CallFailure) -> Answer
    ) async throws(Status) -> Answer {
        for _ in 0..<Self.attemptsMax {
            let link = try await self.link()
            do throws(CallFailure) {
                try await self.introduce(call, over: link)
                return try await body(link)
            } catch {
                guard case .notBegun = error else { throw error.status }

                self.leave(link)
            }
        }
        throw CallFailure.notBegun.status
    }

    /// Makes whoever calls known before a long request; a caller who is refused hears of it.
    private func introduce(_ call: Call, over link: Link) async throws(CallFailure) {
        guard let (service, method) = self.configuration.introduction, call.isLong,
            !link.isIntroduced.load(ordering: .relaxed)
        else { return }

        do throws(CallFailure) {
            _ = try await link.call(try call.introducing(service, method).encoded()).get()
        } catch {
            // Another refusal is of a caller who is known, or is told again of the call itself.
            guard case .status(let status) = error, status.code != .unauthenticated else {
                throw error
            }
        }
        link.isIntroduced.store(true, ordering: .relaxed)
    }

    /// No more calls go over this connection; those that are open may end.
    private func leave(_ link: Link) {
        self.state.withLock { state in
            guard case .linked(let current) = state, current === link else { return }

            state = .left(link)
            self.former.withLock { former in
                former.removeAll { !$0.channel.isActive }
                former.append(link)
            }
        }
    }

    /// The connection there is, or a new one where the server left; of many callers one connects.
    private func link() async throws(Status) -> Link {
        let turn = await withCheckedContinuation { (waiter: Waiter) in
            if let turn = self.turn(waiter) { waiter.resume(returning: turn) }
        }
        switch turn {
        case .take(let link): return link
        case .fail(let status): throw status
        case .connect(let old):
            return try self.settle(await self.connect(), old)
        }
    }

    /// What a call that wants a connection is to do; `nil` when it waits for another that connects.
    private func turn(_ waiter: Waiter) -> Turn? {
        self.state.withLock { state in
            switch state {
            case .linked(let link): return .take(link)
            case .left(let old):
                state = .connecting([])
                return .connect(old)
            case .connecting(let waiters):
                state = .connecting(waiters + [waiter])
                return nil
            case .closed: return .fail(Self.isClosed)
            }
        }
    }

    /// A connection was made, or not: those that wait are told the same.
    private func settle(_ made: Result<Link, Status>, _ old: Link) throws(Status) -> Link {
        let waiters = self.state.withLock { state -> [Waiter]? in
            guard case .connecting(let waiters) = state else { return nil }  // closed meanwhile

            state = (try? made.get()).map { .linked($0) } ?? .left(old)
            return waiters
        }
        guard let waiters else {
            (try? made.get())?.channel.close(promise: nil)
            throw Self.isClosed
        }

        for waiter in waiters {
            switch made {
            case .success(let link): waiter.resume(returning: .take(link))
            case .failure(let status): waiter.resume(returning: .fail(status))
            }
        }
        return try made.get()
    }

    private func connect() async -> Result<Link, Status> {
        do throws(Status) {
            return .success(try await Link.connect(self.address, self.configuration))
        } catch {
            return .failure(error)
        }
    }

    private static var isClosed: Status { Status(.unavailable, "the client is closed") }
}

/// What a caller wants, from which each attempt makes its request.
private struct Call: Sendable {
    var request: Request
    var deadline: NIODeadline?

    init(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        _ metadata: Metadata,
        _ timeout: Duration?
    ) {
        self.request = Request(service, method, payload: payload, metadata: metadata)
        self.deadline = timeout.map { .now() + TimeAmount($0) }
    }

    /// Whether a server may want to know its caller before it takes this: with all that is beside
    /// the message.
    var isLong: Bool { self.request.payload.count > Limits.strangerBodyBytesMax / 2 }

    /// A small call by the same caller, in the same time.
    func introducing(_ service: String, _ method: String) -> Call {
        var call = self
        call.request = Request(service, method, metadata: self.request.metadata)
        return call
    }

    /// The request as it is sent now, with the time that is left.
    func encoded() throws(CallFailure) -> ClientHandler.Request {
        var request = self.request
        if let deadline {
            let left = deadline - .now()
            guard left > .zero else {
                throw .status(Status(.deadlineExceeded, "context deadline exceeded"))
            }

            request.timeoutNanoseconds = left.nanoseconds
        }
        return ClientHandler.Request(
            body: request.encoded(),
            deadline: self.deadline,
            ticket: CallTicket()
        )
    }
}
