internal import GRPCCore
internal import GRPCNIOTransportHTTP2TransportServices
internal import NIOCore
internal import NIOPosix
internal import Synchronization
package import TTRPC

/// Serves a table of methods over gRPC on one loopback port, with health and reflection.
///
/// Knows HTTP/2 by its library alone, and nothing of what the methods do.
package final class GRPCListener: Sendable {
    package struct Configuration: Sendable {
        /// 127.0.0.1 or ::1: nothing is encrypted.
        package var host: String
        /// 0 takes a free one.
        package var port: Int
        /// How long running calls may go on when `run` is cancelled.
        package var drain: Duration = .seconds(10)
        package var limits = Limits()

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private let configuration: Configuration
    private let factory: LoopbackFactory
    private let server: GRPCServer<HTTP2ServerTransport.Custom<LoopbackFactory>>
    private let serving = Serving()
    /// Runs from `start` until no call is left.
    private let served = Mutex<Task<Void, any Error>?>(nil)
    /// Cuts what has not ended when the time of the drain is over.
    private let cutter = Mutex<Task<Void, Never>?>(nil)

    package init(
        configuration: Configuration,
        methods: MethodTable,
        now: @escaping @Sendable () -> MonotonicInstant
    ) throws {
        self.configuration = configuration
        let limits = configuration.limits
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        self.factory = LoopbackFactory(
            host: configuration.host,
            port: configuration.port,
            bound: loop.makePromise()
        )
        var settings = HTTP2ServerTransport.Custom<LoopbackFactory>.Config.defaults
        settings.rpc.maxRequestPayloadSize = Limits.frameBodyBytesMax
        settings.http2.maxConcurrentStreams = limits.runningCallsMax
        let names = Set(
            methods.names.compactMap { $0.split(separator: "/").first.map(String.init) }
        )
        self.server = GRPCServer(
            transport: HTTP2ServerTransport.Custom(
                listenerFactory: self.factory,
                config: settings
            ),
            services: [
                TableMethods(table: methods, limits: limits, now: now),
                HealthService(serving: self.serving, services: names),
                ReflectionService(
                    services: (names.union(ReflectionService.names)).sorted(),
                    schema: try Schema(descriptorSet: PackageResources.api_binpb)
                ),
            ]
        )
    }

    /// Begins to listen; returns the port.
    package func start() async throws -> Int {
        let server = self.server
        let served = Task { try await server.serve() }
        self.served.withLock { $0 = served }
        let address = try await self.factory.bound.futureResult.get()
        return address?.port ?? self.configuration.port
    }

    /// Serves until the task is cancelled; then lets running calls end, for the time of the drain.
    package func run() async {
        guard let served = self.served.withLock({ $0 }) else { return }

        await withTaskCancellationHandler {
            _ = await served.result
        } onCancel: {
            self.shutdown()
        }
        self.cutter.withLock { $0?.cancel() }
    }

    /// Stops accepting; calls that run may end, those that remain are cut.
    package func shutdown() {
        self.serving.drain()
        self.server.beginGracefulShutdown()
        let served = self.served.withLock { $0 }
        let drain = self.configuration.drain
        self.cutter.withLock { cutter in
            guard cutter == nil else { return }

            cutter = Task {
                // Cancelled when everything ended in time.
                guard (try? await Task.sleep(for: drain)) != nil else { return }
                served?.cancel()
            }
        }
    }
}
