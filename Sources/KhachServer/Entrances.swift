internal import KhachGRPC
internal import ServiceLifecycle
internal import TTRPC
internal import TTRPCNIO

/// Every way into the server: they stop to let calls in at the same moment, and it has ended when
/// all have.
struct Entrances: Service {
    var listeners: [Listener]
    var grpc: GRPCEntrance?

    func run() async throws {
        try await withThrowingTaskGroup { group in
            for listener in self.listeners { group.addTask { try await listener.run() } }
            if let grpc = self.grpc { group.addTask { try await grpc.run() } }
            try await group.waitForAll()
        }
    }
}

/// A server as a service that ends in order when the group is told to stop.
struct Listener: Service {
    let server: Server

    func run() async throws {
        try await cancelWhenGracefulShutdown { try await self.server.run() }
    }
}

/// The same methods over gRPC.
struct GRPCEntrance: Service {
    let listener: GRPCListener
    /// With the port that was chosen.
    let address: Address

    /// Begins to listen.
    static func open(
        _ address: Address,
        _ methods: MethodTable,
        _ server: Configuration
    ) async throws -> GRPCEntrance {
        guard case .tcp(let host, let port) = address else {
            preconditionFailure("\(address): judged by the configuration")
        }
        var configuration = GRPCListener.Configuration(host: host, port: port)
        configuration.drain = .seconds(server.drainSeconds)
        let listener = try GRPCListener(
            configuration: configuration,
            methods: methods,
            now: Clocks.monotonicNow
        )
        let chosen = try await listener.start()
        return GRPCEntrance(listener: listener, address: .tcp(host: host, port: chosen))
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown { await self.listener.run() }
    }
}

extension Address {
    /// Nobody on another machine can reach it.
    var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _):
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }

    /// An address, and no name, of this machine alone.
    var isLoopback: Bool {
        switch self {
        case .unix: false
        case .tcp(let host, _): host == "::1" || host.hasPrefix("127.")
        }
    }
}
