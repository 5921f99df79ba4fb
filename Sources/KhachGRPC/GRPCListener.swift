internal import GRPCCore
internal import GRPCNIOTransportHTTP2TransportServices
internal import NIOCore
internal import NIOPosix
internal import Synchronization
package import TTRPC
package import TTRPCNIO

/// Serves a table of methods over gRPC on one port.
///
/// Knows HTTP/2 by its library alone, and nothing of what the methods do.
package final class GRPCListener: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 takes a free one.
        package var port: Int
        /// Threads that serve connections.
        package var loopsCount = 1
        package var connectionsMax = 1_024
        /// Of one IP address.
        package var connectionsPerAddressMax = Int.max
        package var limits = Limits()
        /// Stands before HTTP/2 on every connection.
        package var shield: Shield?
        /// Whether callers must be known, and so connections by which none such calls are closed.
        package var mustBeKnown: @Sendable () -> Bool = { false }
        /// How often callers whom nobody knows try, also elsewhere; `nil`: here alone.
        package var strangers: Strangers?
        /// What the requests that come in by one connection, from an address, share with all
        /// others.
        package var room: @Sendable (String) -> RequestRoom = { _ in .unbounded }
        /// Told of what is refused before any method runs.
        package var onProtocolError: @Sendable (ProtocolError) -> Void = { _ in }
        /// Which connections there were, also elsewhere.
        package var numbers = ConnectionNumbers()
        package var naming: RefusalNaming = { status, _, _ in status }

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package enum Failure: Error {
        /// Nobody can connect any more, although nobody stopped it; `nil`: nothing says why.
        case endedByItself(cause: (any Error)?)
    }

    /// From here on a message is not awaited, and its call is reset: up to it, it is answered that
    /// it is too long.
    private static let messageBytesAbsurd = 2 * Limits.frameBodyBytesMax
    /// How long a connection is silent before it is pinged: who has not even begun HTTP/2 answers
    /// nothing, and is closed.
    private static let silenceSeconds: Int64 = 60

    private let group: MultiThreadedEventLoopGroup
    private let areThreadsEnded = Mutex(false)
    let life: ListenerLife
    private let socket: ListeningSocket
    private let server: GRPCServer<HTTP2ServerTransport.Custom<ListeningSocket>>

    /// Listens: who connects is served once `serve` runs.
    package init(
        _ configuration: Configuration,
        methods: MethodTable,
        now: @escaping @Sendable () -> MonotonicInstant
    ) throws {
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loopsCount)
        let connections = OpenConnections(
            countMax: configuration.connectionsMax,
            perAddressMax: configuration.connectionsPerAddressMax,
            numbers: configuration.numbers,
            room: configuration.room
        )
        let life = ListenerLife(connections)
        self.life = life
        do {
            self.socket = try ListeningSocket(
                host: configuration.host,
                port: configuration.port,
                connections: connections,
                shield: configuration.shield,
                onProtocolError: configuration.onProtocolError,
                watches: Self.watches(configuration),
                onListening: life.begin,
                on: self.group
            )
        } catch {
            self.group.shutdownGracefully { _ in }  // nothing runs on it; there is nothing to lose
            throw error
        }
        self.server = GRPCServer(
            transport: HTTP2ServerTransport.Custom(
                listenerFactory: self.socket,
                config: Self.transport(configuration, connections)
            ),
            services: [
                TableMethods(
                    table: methods,
                    connections: connections,
                    strangers: configuration.strangers ?? Strangers(configuration.limits),
                    onProtocolError: configuration.onProtocolError,
                    naming: configuration.naming,
                    limits: configuration.limits,
                    now: now
                )
            ]
        )
    }

    /// The port that it listens on.
    package var port: Int { self.socket.port }

    /// How many connections are open.
    package var connectionsCount: Int { self.socket.connections.count }

    /// Serves until `drain` was called and no call is left; cuts what runs when it is cancelled.
    ///
    /// Throws `endedByItself` when neither was asked for: what runs is cut.
    package func serve() async throws {
        do {
            try await withTaskCancellationHandler {
                try await self.server.serve()
            } onCancel: {
                self.life.stop()
                // A call that waits for its peer to read would not end by being cancelled.
                self.socket.connections.cut()
            }
        } catch {
            await self.endThreads()
            guard !self.life.isStopped else { throw error }

            throw Failure.endedByItself(cause: self.life.failure ?? error)
        }
        await self.endThreads()
        guard self.life.isStopped else { throw Failure.endedByItself(cause: self.life.failure) }
    }

    /// Stops accepting; calls that run may end.
    package func drain() {
        self.life.stop()
        self.server.beginGracefulShutdown()
    }

    /// Returns once every thread that serves connections has taken a turn.
    package func turn() async {
        // Under the lock, as a loop that has ended would take no turn and say nothing.
        let turns = self.areThreadsEnded.withLock { areEnded in
            areEnded ? [] : self.group.makeIterator().map { $0.submit {} }
        }
        for turn in turns { try? await turn.get() }
    }

    private func endThreads() async {
        self.areThreadsEnded.withLock { $0 = true }
        try? await self.group.shutdownGracefully()
    }

    /// What stands next to the socket of each connection.
    private static func watches(
        _ configuration: Configuration
    ) -> @Sendable (Connection) -> [any ChannelHandler] {
        { connection in
            [
                ConnectionWatch(
                    connection,
                    limits: configuration.limits,
                    // An answer that comes at the last moment is one.
                    silence: .seconds(Self.silenceSeconds + 1)
                        + .milliseconds(Int64(configuration.limits.pingAnswerMillisecondsMax)),
                    mustBeKnown: configuration.mustBeKnown,
                    onProtocolError: configuration.onProtocolError
                ),
                Hush(configuration.limits, onProtocolError: configuration.onProtocolError),
            ]
        }
    }

    /// The bounds that ttrpc has, as HTTP/2 has them.
    private static func transport(
        _ configuration: Configuration,
        _ connections: OpenConnections
    ) -> HTTP2ServerTransport.Custom<ListeningSocket>.Config {
        let limits = configuration.limits
        var transport = HTTP2ServerTransport.Custom<ListeningSocket>.Config.defaults
        transport.rpc.maxRequestPayloadSize = Self.messageBytesAbsurd
        transport.http2.maxConcurrentStreams = limits.runningCallsMax
        transport.connection.keepalive.time = .seconds(Self.silenceSeconds)
        transport.connection.keepalive.timeout = .milliseconds(limits.pingAnswerMillisecondsMax)
        transport.connection.keepalive.clientBehavior.allowWithoutCalls = true
        transport.connection.keepalive.clientBehavior.minPingIntervalWithoutCalls =
            .milliseconds(limits.pingMillisecondsMin)
        transport.channelDebuggingCallbacks.onAcceptHTTP2Stream = { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let parent = channel.parent,
                    let connection = connections.connection(of: parent)
                else { throw ChannelError.ioOnClosedChannel }

                try channel.pipeline.syncOperations.addHandlers(
                    [
                        QuietDrain(), ConnectionLabel(of: connection),
                        ArrivingMessage(
                            of: connection,
                            limits: limits,
                            mustBeKnown: configuration.mustBeKnown,
                            onProtocolError: configuration.onProtocolError
                        ),
                    ],
                    position: .first
                )
            }
        }
        return transport
    }
}
