internal import Glibc
internal import KhachCore
internal import KhachDetection
internal import KhachExport
internal import KhachSQLite
internal import KhachService
internal import KhachTLS
package import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import TTRPC
internal import TTRPCNIO

/// The whole server: a store, the methods over it, listeners, and an orderly end.
package struct Daemon: Sendable {
    /// The exit status after a commit failed: what it left is known only after a restart.
    private static let failStopStatus: Int32 = 70

    /// Bounds of connections, as every listener has them.
    static func limits(connections: Int, perAddress: Int) -> [EnforcedLimit] {
        EnforcedLimit.wire(TTRPC.Limits()) + [
            EnforcedLimit(
                "call_name",
                Metadata.requestIDBytesMax,
                .bytes,
                "`x-request-id` of a call; a longer one is not taken"
            ),
            EnforcedLimit(
                "traced_calls",
                Tracer.callsPerSecondMax,
                .count,
                "calls that begin in a second and are recorded; those of more are not"
            ),
            EnforcedLimit(
                "connections",
                connections,
                .count,
                "connections of one address that is listened on, by setting; one more is closed"
            ),
            EnforcedLimit(
                "connections_address",
                perAddress,
                .count,
                "connections from one IP address, by setting; one more is closed"
            ),
            EnforcedLimit(
                "stranger_calls",
                TTRPC.Limits().strangerCallsMax,
                .count,
                "calls in a minute of nobody known from one IP address; the connection of one "
                    + "more is closed behind its answer"
            ),
        ]
    }

    private var configuration: Configuration
    private let logger: Logger
    private let metrics = ServerMetrics()
    private let condition = Condition()
    private let signals: StopSignals
    private let notifier: Notifier

    package init(configuration: Configuration, logger: Logger, notifySocket: String? = nil) {
        self.signals = StopSignals(logger: logger)
        self.notifier = Notifier(socketName: notifySocket)
        self.configuration = configuration
        self.logger = logger
        self.fitConnections(into: OpenFiles.raise())
    }

    /// Leaves the store the files that it needs, however many connect.
    private mutating func fitConnections(into room: Int) {
        let wanted = self.configuration.connectionsMax
        let fitting = OpenFiles.connectionsMax(
            wanted: wanted,
            listeners: self.configuration.callAddresses.count,
            room: room
        )
        guard fitting < wanted else { return }

        self.configuration.connectionsMax = fitting
        self.logger.warning(
            "fewer connections than are set, since the process may open too few files",
            metadata: ["connections": "\(fitting)", "files": "\(room)"]
        )
    }

    /// Serves until SIGTERM or SIGINT, then lets running calls end and closes the store.
    ///
    /// `announce` is called with a line for each address once it is listened on. A second signal
    /// ends the process at once.
    package func run(announce: @escaping @Sendable (String) -> Void) async throws {
        try await self.signals.watched {
            let tls = try self.configuration.tls.map { try ServerTLS($0, logger: self.logger) }
            let store = try self.openStore()
            do {
                try await self.serve(store, tls, announce)
            } catch {
                store.close()
                throw error
            }
            self.logger.info("stopping", metadata: ["phase": "final-commit-and-checkpoint"])
            store.close()
            self.logger.info("stopping", metadata: ["phase": "closed"])
        }
    }

    private func openStore() throws(StoreError) -> SQLiteStore {
        let logger = self.logger
        var configuration = SQLiteStore.Configuration()
        // One for each thread that reads in place.
        configuration.inPlaceReaders =
            self.configuration.loops * self.configuration.callAddresses.count
        configuration.committed = self.metrics.committed
        configuration.failure = { error in
            logger.critical("a commit failed; stopping", metadata: ["error": "\(error.message)"])
            exit(Self.failStopStatus)
        }
        return try SQLiteStore.open(
            path: self.configuration.dataFolder,
            codec: .proto,
            zones: .tzdata,
            configuration: configuration
        )
    }

    private func serve(
        _ store: SQLiteStore,
        _ tls: ServerTLS?,
        _ announce: @escaping @Sendable (String) -> Void
    ) async throws {
        guard PhoneLibrary.load() else {
            throw StoreError(.unavailable, "memory for the plans of phones expected, none found")
        }

        let environment = self.environment(of: store)
        try await environment.loadTokens()
        if !environment.callers.areKnown, let address = self.configuration.addressOfOthers {
            throw StoreError(
                .unavailable,
                "a store with tokens expected to listen at \(address), which others can reach; "
                    + "found none: see khachd init"
            )
        }
        let entrances = try await Entrances.open(
            self.configuration,
            khachMethods(environment),
            tls,
            SharedBounds(
                mustBeKnown: { environment.callers.areKnown },
                room: { environment.shares.room(from: PeerPlace($0).name) }
            ),
            self.metrics,
            self.callLog(environment.callers)
        )
        let certificates = tls.map { CertificateKeeper(tls: $0, logger: self.logger) }
        let services: [any Service] =
            [certificates].compactMap { $0 }
            + self.services(store, environment, entrances, announce)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                },
                logger: self.quietLogger
            )
        )
        self.signals.hold(group)
        try await group.run()
    }

    private func callLog(_ callers: Callers) -> CallLog {
        var log = CallLog(logger: self.logger)
        log.slowNanoseconds = self.configuration.slowNanoseconds
        log.tracer = self.configuration.tracesOneIn.map { oneIn in
            Tracer(oneIn: oneIn, dropped: self.metrics.traceDropped)
        }
        log.token = { context in (try? callers.caller(of: context))?.token }
        return log
    }

    private func environment(of store: SQLiteStore) -> ServiceEnvironment {
        var environment = ServiceEnvironment(
            store: store,
            now: Clocks.now,
            monotonicNow: Clocks.monotonicNow,
            seal: Seal(key: store.sealingKey),
            detector: .standard,
            presses: .threads(folder: self.configuration.dataFolder),
            callers: Callers(
                mint: .libcrypto,
                now: Clocks.now,
                pause: { try await Task.sleep(for: $0) }
            ),
            shares: CallerShares(
                self.configuration.shares,
                now: Clocks.monotonicNow,
                pause: { try await Task.sleep(for: $0) }
            )
        )
        environment.surroundingLimits = Self.limits(
            connections: self.configuration.connectionsMax,
            perAddress: self.configuration.connectionsPerAddressMax
        )
        environment.pulled = self.metrics.pulled(behind:)
        environment.readiness = self.condition.readiness
        return environment
    }

    /// Everything that runs as long as the server does; the last is told first of a shutdown.
    private func services(
        _ store: SQLiteStore,
        _ environment: ServiceEnvironment,
        _ entrances: Entrances,
        _ announce: @escaping @Sendable (String) -> Void
    ) -> [any Service] {
        let disk = DiskGuard(
            folder: self.configuration.dataFolder,
            reserveBytes: self.configuration.diskReserveBytes,
            store: store,
            condition: self.condition,
            logger: self.logger
        )
        disk.look()
        return [ExportSweeper(exports: environment.exports)]
            + self.operators(store, entrances, environment.watches, announce) + [
                disk,
                Heartbeat(
                    entrances: entrances,
                    condition: self.condition,
                    notifier: self.notifier,
                    logger: self.logger
                ),
                Listeners(entrances: entrances, logger: self.logger),
            ] + self.keepers(of: store) + [
                WatchKeeper(watches: environment.watches),
                Announcer(
                    entrances: entrances,
                    condition: self.condition,
                    signals: self.signals,
                    notifier: self.notifier,
                    logger: self.logger,
                    announce: announce
                ),
            ]
    }

    /// What drops that which is older than it may be.
    private func keepers(of store: SQLiteStore) -> [any Service] {
        let seconds = self.configuration.tombstoneSeconds
        let tombstones = TombstoneRetention(store: store, seconds: seconds, now: Clocks.now)
        var keepers = [
            Keeper(
                what: "tombstones",
                pause: min(.seconds(seconds), Keeper.pauseMax),
                logger: self.logger,
                sweep: tombstones.sweep
            )
        ]
        if let days = self.configuration.textDays {
            let texts = TextRetention(store: store, days: days, now: Clocks.now)
            keepers.append(
                Keeper(
                    what: "texts",
                    pause: Keeper.pauseMax,
                    logger: self.logger,
                    sweep: texts.sweep
                )
            )
        }
        return keepers
    }

    /// For libraries, whose details say nothing to whoever runs the server.
    private var quietLogger: Logger {
        var quiet = self.logger
        quiet.logLevel = max(self.logger.logLevel, .notice)
        return quiet
    }

    /// What answers those who run the server, when they want it.
    private func operators(
        _ store: SQLiteStore,
        _ entrances: Entrances,
        _ watches: Watches,
        _ announce: @escaping @Sendable (String) -> Void
    ) -> [any Service] {
        guard case .tcp(let host, let port) = self.configuration.metricsAddress else { return [] }

        let server = OperatorServer(
            metrics: self.metrics,
            condition: self.condition,
            store: store,
            entrances: entrances,
            watches: watches,
            logger: self.quietLogger
        )
        return [server.service(at: host, port, announce: announce)]
    }
}

/// An address that could not be listened on.
struct ListenError: Error {
    let address: Address
    /// What the system said.
    let cause: String

    init(address: Address, cause: any Error) {
        self.address = address
        self.cause =
            (cause as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(cause)"
    }
}

extension Address {
    /// Nobody on another machine can reach it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _), .tls(let host, _):
            host == "localhost" || Self.isLoopback(host)
        }
    }

    /// Whether it is an address, and not a name, that no other machine can reach.
    private static func isLoopback(_ host: String) -> Bool {
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }

        return host == "::1" || address.protocol == .inet && host.hasPrefix("127.")
    }

    /// TLS stands before it.
    var isShielded: Bool {
        if case .tls = self { true } else { false }
    }
}
