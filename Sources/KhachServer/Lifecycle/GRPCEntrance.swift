internal import KhachGRPC
internal import KhachTLS
internal import ServiceLifecycle
internal import TTRPC
internal import TTRPCNIO

/// The way in for gRPC, open for as long as the group serves.
struct GRPCEntrance: Service {
    let listener: GRPCListener
    /// With the port that was chosen.
    let address: Address
    /// How long running calls may go on.
    let drain: Duration

    /// Serves until the group is told to stop; then lets running calls end, and cuts the others.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.listener.serve() }
            group.addTask {
                try await gracefulShutdown()
                self.listener.drain()
                try await Task.sleep(for: self.drain)
            }
            // Either all calls have ended, or their time has.
            try await group.next()
            group.cancelAll()
        }
    }
}

extension GRPCEntrance {
    /// Listens at an address; `tls` stands before a `tls` one, `callers` is what all share.
    init(
        at address: Address,
        _ methods: MethodTable,
        _ chosen: Configuration,
        _ tls: ServerTLS?,
        _ callers: SharedBounds,
        _ observed: ObservedMethods
    ) throws {
        let (host, port) =
            switch address {
            case .tcp(let host, let port), .tls(let host, let port): (host, port)
            case .unix: preconditionFailure("\(address): no socket, which the setting judges")
            }
        var configuration = GRPCListener.Configuration(host: host, port: port)
        configuration.loopsCount = chosen.loops
        configuration.connectionsMax = chosen.connectionsMax
        configuration.connectionsPerAddressMax = chosen.connectionsPerAddressMax
        if address.isShielded { configuration.shield = tls?.shield(for: .grpc) }
        configuration.mustBeKnown = callers.mustBeKnown
        configuration.strangers = callers.strangers
        configuration.room = callers.room
        configuration.numbers = callers.numbers
        configuration.naming = observed.log.naming
        configuration.onProtocolError = observed.metrics.refused
        self.listener = try GRPCListener(
            configuration,
            methods: methods,
            now: Clocks.monotonicNow
        )
        self.address =
            address.isShielded
            ? .tls(host: host, port: self.listener.port)
            : .tcp(host: host, port: self.listener.port)
        self.drain = .seconds(chosen.drainSeconds)
    }
}
