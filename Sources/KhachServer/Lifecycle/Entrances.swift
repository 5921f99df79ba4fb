internal import KhachGRPC
internal import KhachTLS
internal import Logging
internal import TTRPC
internal import TTRPCNIO

/// What callers are held to whichever way they come in.
struct SharedBounds: Sendable {
    let mustBeKnown: @Sendable () -> Bool
    /// How often those whom nobody knows try.
    let strangers = Strangers(Limits())
    /// What the requests that come in by one connection, from an address, share with all others.
    let room: @Sendable (String) -> RequestRoom
    /// Which connections there were.
    let numbers = ConnectionNumbers()
}

/// Every way into the server.
struct Entrances: Sendable {
    let servers: [Server]
    /// Where those listen, with the ports that were chosen.
    let addresses: [Address]
    let grpc: GRPCEntrance?

    /// Listens on every address, or on none; `tls` stands before those that have it.
    static func open(
        _ configuration: Configuration,
        _ methods: MethodTable,
        _ tls: ServerTLS?,
        _ callers: SharedBounds,
        _ metrics: ServerMetrics,
        _ log: CallLog
    ) async throws -> Entrances {
        let observed = ObservedMethods(metrics: metrics, log: log)
        let table = try observed.table(methods)
        var started: [(server: Server, address: Address)] = []
        do {
            for address in configuration.addresses {
                let server = Server(
                    configuration: Self.server(
                        at: address,
                        configuration,
                        tls,
                        callers,
                        observed
                    ),
                    methods: table,
                    logger: log.logger
                )
                do {
                    started.append((server, try await server.start()))
                } catch {
                    throw ListenError(address: address, cause: error)
                }
            }
            return Entrances(
                servers: started.map(\.server),
                addresses: started.map(\.address),
                grpc: try Self.grpc(configuration, table, tls, callers, observed)
            )
        } catch {
            for (server, _) in started { await server.shutdown(drain: .zero) }
            throw error
        }
    }

    /// How many connections are open.
    var connectionsCount: Int {
        self.servers.map(\.connectionsCount)
            .reduce(self.grpc?.listener.connectionsCount ?? 0, +)
    }

    /// Returns once every thread that serves connections has taken a turn.
    func turn() async {
        for server in self.servers { await server.turn() }
        await self.grpc?.listener.turn()
    }

    private static func server(
        at address: Address,
        _ configuration: Configuration,
        _ tls: ServerTLS?,
        _ callers: SharedBounds,
        _ observed: ObservedMethods
    ) -> Server.Configuration {
        var server = Server.Configuration(address: address)
        server.loopsCount = configuration.loops
        server.drain = .seconds(configuration.drainSeconds)
        server.connectionsMax = configuration.connectionsMax
        server.connectionsPerAddressMax = configuration.connectionsPerAddressMax
        server.mustBeKnown = callers.mustBeKnown
        server.strangers = callers.strangers
        server.room = callers.room
        server.unixMode = configuration.unixMode
        if address.isShielded { server.shield = tls?.shield(for: .ttrpc) }
        server.numbers = callers.numbers
        server.naming = observed.log.naming
        server.onProtocolError = observed.metrics.refused
        return server
    }

    /// The same methods over gRPC, and what tells of them.
    private static func grpc(
        _ configuration: Configuration,
        _ methods: MethodTable,
        _ tls: ServerTLS?,
        _ callers: SharedBounds,
        _ observed: ObservedMethods
    ) throws -> GRPCEntrance? {
        guard let address = configuration.grpcAddress else { return nil }

        var table = methods
        table.add(try observed.table(try Reflection(of: methods).table))
        do {
            return try GRPCEntrance(at: address, table, configuration, tls, callers, observed)
        } catch {
            throw ListenError(address: address, cause: error)
        }
    }
}
