package import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
package import TTRPC

/// Serves a table of methods on a TCP port or a Unix socket.
///
/// Knows sockets and nothing of what the methods do. `run` serves until it is cancelled or
/// `shutdown` is called; it returns when no connection and no call is left.
package final class Server: Sendable {
    package struct Configuration: Sendable {
        package static let connectionsMaxDefault = 10_000
        package static let connectionsPerAddressMaxDefault = 256

        package var address: Address
        /// Threads that serve connections; each connection stays on one.
        package var loopsCount = 1
        package var connectionsMax = connectionsMaxDefault
        /// Of one IP address; those of a Unix socket have none.
        package var connectionsPerAddressMax = connectionsPerAddressMaxDefault
        /// Whether callers must be known, and so connections by which none such calls are closed.
        package var mustBeKnown: @Sendable () -> Bool = { false }
        /// How often callers whom nobody knows try, also elsewhere; `nil`: here alone.
        package var strangers: Strangers?
        /// What the requests that come in by one connection, from an address, share with all
        /// others.
        package var room: @Sendable (String) -> RequestRoom = { _ in .unbounded }
        /// How long running calls may go on when `run` is cancelled.
        package var drain: Duration = .seconds(10)
        package var limits = Limits()
        /// Who may connect to a Unix socket: the mode of its file.
        package var unixMode: UInt32 = 0o600
        /// Stands before the protocol on every connection; needed for a `tls` address.
        package var shield: Shield?
        /// Told of each frame that is refused, on the connection's thread.
        package var onProtocolError: @Sendable (ProtocolError) -> Void = { _ in }
        /// Which connections there were, also elsewhere.
        package var numbers = ConnectionNumbers()
        package var naming: RefusalNaming = { status, _, _ in status }

        package init(address: Address) {
            self.address = address
        }
    }

    package enum Failure: Error {
        case startedAlready
        case addressUnknown
        /// A `tls` address without TLS, or TLS on another address.
        case shieldMisplaced
        /// Nobody can connect any more, although nobody stopped it.
        case endedByItself
    }

    private struct Listening {
        var group: MultiThreadedEventLoopGroup
        var channel: any Channel
        var address: Address
    }

    private enum State {
        case idle
        case starting
        case listening(Listening)
        case stopping(Listening)
        /// Nothing runs any more, nor do the threads.
        case stopped
    }

    private let configuration: Configuration
    private let methods: MethodTable
    private let logger: Logger
    private let connections: Connections
    private let state = Mutex(State.idle)
    private let stopRequested = Signal()
    private let stopped = Signal()
    private let isLost = Mutex(false)

    package init(configuration: Configuration, methods: MethodTable, logger: Logger) {
        self.configuration = configuration
        self.methods = methods
        self.logger = logger
        self.connections = Connections(
            countMax: configuration.connectionsMax,
            perAddressMax: configuration.connectionsPerAddressMax
        )
    }

    /// How many connections are open.
    package var connectionsCount: Int { self.connections.count }

    /// Begins to listen; returns the address, with the port that was chosen if 0 was asked for.
    @discardableResult
    package func start() async throws -> Address {
        let isFirst = self.state.withLock { state in
            guard case .idle = state else { return false }

            state = .starting
            return true
        }
        guard isFirst else { throw Failure.startedAlready }

        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.loopsCount)
        do {
            let listening = try await self.listen(group)
            self.state.withLock { $0 = .listening(listening) }
            listening.channel.closeFuture.whenComplete { _ in self.listenerClosed() }
            self.logger.info("listening", metadata: ["address": "\(listening.address)"])
            return listening.address
        } catch {
            self.state.withLock { $0 = .idle }
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Serves until the task is cancelled or `shutdown` is called; starts if that was not done.
    ///
    /// Throws `endedByItself` behind a shutdown that nobody asked for.
    package func run() async throws {
        if self.isIdle { try await self.start() }
        await withTaskCancellationHandler {
            await self.stopRequested.wait()
        } onCancel: {
            self.stopRequested.fire()
        }
        await self.shutdown()
        if self.isLost.withLock(\.self) { throw Failure.endedByItself }
    }

    /// Accepting failed for good, unless it was stopped.
    private func listenerClosed() {
        guard self.listeningChannel != nil else { return }

        self.isLost.withLock { $0 = true }
        self.stopRequested.fire()
    }

    /// Tells `run` to shut down, as cancelling it does.
    package func stop() {
        self.stopRequested.fire()
    }

    /// Stops accepting, lets running calls end for at most `drain`, closes what is left.
    ///
    /// Returns when nothing runs any more. The first caller's `drain` holds.
    package func shutdown(drain: Duration? = nil) async {
        let listening = self.state.withLock { state -> Listening? in
            guard case .listening(let listening) = state else { return nil }

            state = .stopping(listening)
            return listening
        }
        self.stopRequested.fire()
        guard let listening else {
            if self.isStopping { await self.stopped.wait() }
            return
        }

        try? await listening.channel.close()
        if case .unix(let path) = listening.address { UnixSocket.remove(path) }
        self.connections.drain()
        let timer = self.cutTimer(after: drain ?? self.configuration.drain, listening.group)
        await self.connections.allEnded.wait()
        timer.cancel()
        self.state.withLock { $0 = .stopped }
        try? await listening.group.shutdownGracefully()
        self.logger.info("stopped", metadata: ["address": "\(listening.address)"])
        self.stopped.fire()
    }

    /// Returns once every thread that serves connections has taken a turn.
    package func turn() async {
        // Under the lock, as a loop that has ended would take no turn and say nothing.
        let turns = self.state.withLock { state -> [EventLoopFuture<Void>] in
            switch state {
            case .listening(let now), .stopping(let now):
                now.group.makeIterator().map { $0.submit {} }
            case .idle, .starting, .stopped: []
            }
        }
        for turn in turns { try? await turn.get() }
    }

    /// What accepts connections, while it does.
    var listeningChannel: (any Channel)? {
        self.state.withLock { if case .listening(let now) = $0 { now.channel } else { nil } }
    }

    private var isIdle: Bool {
        self.state.withLock { if case .idle = $0 { true } else { false } }
    }

    private var isStopping: Bool {
        self.state.withLock { state in
            switch state {
            case .stopping, .stopped: true
            case .idle, .starting, .listening: false
            }
        }
    }

    private func cutTimer(
        after drain: Duration,
        _ group: MultiThreadedEventLoopGroup
    ) -> Scheduled<Void> {
        let connections = self.connections
        let logger = self.logger
        return group.next().scheduleTask(in: TimeAmount(drain)) {
            logger.warning(
                "drain time is over",
                metadata: ["connections": "\(connections.count)"]
            )
            connections.cut()
        }
    }

    private func listen(_ group: MultiThreadedEventLoopGroup) async throws -> Listening {
        let bootstrap = self.bootstrap(group)
        if case .tls = self.configuration.address {
            guard self.configuration.shield != nil else { throw Failure.shieldMisplaced }
        } else {
            guard self.configuration.shield == nil else { throw Failure.shieldMisplaced }
        }
        switch self.configuration.address {
        case .tcp(let host, let port):
            let (channel, found) = try await self.bind(bootstrap, host, port)
            let address = Address.tcp(host: found.host, port: found.port)
            return Listening(group: group, channel: channel, address: address)
        case .tls(let host, let port):
            let (channel, found) = try await self.bind(bootstrap, host, port)
            let address = Address.tls(host: found.host, port: found.port)
            return Listening(group: group, channel: channel, address: address)
        case .unix(let path):
            let socket = try UnixSocket.bind(path, mode: self.configuration.unixMode)
            let channel = try await bootstrap.withBoundSocket(socket).get()
            return Listening(group: group, channel: channel, address: .unix(path: path))
        }
    }

    private func bind(
        _ bootstrap: ServerBootstrap,
        _ host: String,
        _ port: Int
    ) async throws -> (any Channel, (host: String, port: Int)) {
        let channel = try await bootstrap.bind(host: host, port: port).get()
        guard let local = channel.localAddress, let port = local.port else {
            throw Failure.addressUnknown
        }

        return (channel, (local.ipAddress ?? host, port))
    }

    private func bootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
        let limits = self.configuration.limits
        let connections = self.connections
        let methods = self.methods
        let onProtocolError = self.configuration.onProtocolError
        let shield = self.configuration.shield
        let mustBeKnown = self.configuration.mustBeKnown
        let strangers = self.configuration.strangers ?? Strangers(limits)
        let room = self.configuration.room
        let (numbers, naming) = (self.configuration.numbers, self.configuration.naming)
        let logger = self.logger
        let isUnix = if case .unix = self.configuration.address { true } else { false }
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.outboundBytesLow, high: limits.outboundBytesMax)
            )
            .childChannelInitializer { channel in
                let address = channel.remoteAddress?.ipAddress ?? ""
                switch connections.admit(channel, from: address) {
                case .admitted: break
                case .tooMany:
                    onProtocolError(.tooManyConnections)
                    return channel.close()
                case .stopping: return channel.close()
                }

                let handler = ServerHandler(
                    methods: methods,
                    limits: limits,
                    on: channel.eventLoop,
                    address: address,
                    strangers: strangers,
                    room: room(address),
                    mustBeKnown: mustBeKnown,
                    number: numbers.next(),
                    naming: naming,
                    onProtocolError: onProtocolError
                ) { connections.ended(channel, from: address) }
                return channel.eventLoop.makeCompletedFuture {
                    do {
                        let peer =
                            try shield?.install(channel)
                            ?? (isUnix ? UnixPeer.of(channel) : nil)
                        // Told on this thread, before the first byte of a call.
                        peer?.assumeIsolated().whenSuccess { handler.peer = $0 }
                        if isUnix {
                            peer?.whenFailure { error in
                                logger.warning(
                                    "the kernel does not say who connected; it is nobody",
                                    metadata: ["error": "\(error)"]
                                )
                            }
                        }
                        try channel.pipeline.syncOperations.addHandler(handler)
                    } catch {
                        // Closed already: the handler hears of nothing.
                        connections.ended(channel, from: address)
                        throw error
                    }
                }
            }
    }
}
