internal import Glibc
internal import KhachCore
internal import KhachDetection
internal import KhachExport
internal import KhachSQLite
internal import KhachService
package import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import TTRPC
internal import TTRPCNIO
internal import UnixSignals

/// The whole server: a store, the methods over it, listeners, and an orderly end.
package struct Daemon: Sendable {
    /// The exit status after a commit failed: what it left is known only after a restart.
    private static let failStopStatus: Int32 = 70

    private let configuration: Configuration
    private let logger: Logger

    package init(configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Serves until SIGTERM or SIGINT, then lets running calls end and closes the store.
    ///
    /// `announce` is called with each address once it is listened on.
    package func run(announce: @escaping @Sendable (String) -> Void) async throws {
        let store = try self.openStore()
        do {
            try await self.serve(store, announce)
        } catch {
            store.close()
            throw error
        }
        store.close()
        self.logger.info("closed")
    }

    private func openStore() throws(StoreError) -> SQLiteStore {
        let logger = self.logger
        var configuration = SQLiteStore.Configuration()
        // One for each thread that reads in place.
        configuration.inPlaceReaders = self.configuration.loops * self.configuration.addresses.count
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
        _ announce: @escaping @Sendable (String) -> Void
    ) async throws {
        guard PhoneLibrary.load() else {
            throw StoreError(.unavailable, "memory for the plans of phones expected, none found")
        }

        let environment = ServiceEnvironment(
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
            )
        )
        try await environment.loadTokens()
        if !environment.callers.areKnown,
            let address = self.configuration.addresses.first(where: { !$0.isLocal })
        {
            throw StoreError(
                .unavailable,
                "a store with tokens expected to listen at \(address), which others can reach; "
                    + "found none: see khachd init"
            )
        }
        let methods = khachMethods(environment)
        let (listeners, addresses) = try await self.startListeners(methods)
        var entrances = Entrances(listeners: listeners)
        var announced = addresses.map { "\($0)" }
        if let address = self.configuration.grpc {
            let grpc: GRPCEntrance
            do {
                grpc = try await GRPCEntrance.open(address, methods, self.configuration)
            } catch {
                for listener in listeners { await listener.server.shutdown(drain: .zero) }
                throw ListenError(address: address, cause: error)
            }
            entrances.grpc = grpc
            announced.append("grpc \(grpc.address)")
        }
        let sweeper = ExportSweeper(exports: environment.exports)
        // Said by a service of the group: by then its signal handlers are there.
        let announcer = Announcer(addresses: announced, announce: announce)
        let services: [any Service] =
            [sweeper, entrances, announcer] + self.keepers(of: store)
            + [WatchKeeper(watches: environment.watches)]
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map { service in
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: self.logger
            )
        )
        try await group.run()
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

    /// Listens on every address, or on none.
    private func startListeners(
        _ methods: MethodTable
    ) async throws -> (listeners: [Listener], addresses: [Address]) {
        var started: [(listener: Listener, address: Address)] = []
        for address in self.configuration.addresses {
            var configuration = Server.Configuration(address: address)
            configuration.loopsCount = self.configuration.loops
            configuration.drain = .seconds(self.configuration.drainSeconds)
            let server = Server(configuration: configuration, methods: methods, logger: self.logger)
            do {
                started.append((Listener(server: server), try await server.start()))
            } catch {
                for (listener, _) in started { await listener.server.shutdown(drain: .zero) }
                throw ListenError(address: address, cause: error)
            }
        }
        return (started.map(\.listener), started.map(\.address))
    }
}

/// Says where the server listens, once the group runs.
private struct Announcer: Service {
    let addresses: [String]
    let announce: @Sendable (String) -> Void

    func run() async throws {
        for address in self.addresses { self.announce(address) }
        try await gracefulShutdown()
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
