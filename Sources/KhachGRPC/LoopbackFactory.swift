internal import GRPCNIOTransportHTTP2TransportServices
internal import NIOCore
internal import NIOPosix

/// The listening socket: bound before the server runs, so that its failure and its port are known.
struct LoopbackFactory: HTTP2ServerTransport.ListenerFactory {
    private static let backlog: Int32 = 1_024

    let host: String
    let port: Int
    /// Told of the address, or of why there is none.
    let bound: EventLoopPromise<NIOCore.SocketAddress?>

    var eventLoopGroup: any EventLoopGroup { MultiThreadedEventLoopGroup.singleton }

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<
        HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never
    > {
        do {
            let listening = try await ServerBootstrap(group: self.eventLoopGroup)
                .serverChannelOption(.backlog, value: Self.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { listenerConfigurator.configure(channel: $0) }
                .bind(host: self.host, port: self.port) { channel in
                    connectionConfigurator.configure(channel: channel, tls: .none)
                }
            self.bound.succeed(listening.channel.localAddress)
            return listening
        } catch {
            self.bound.fail(error)
            throw error
        }
    }
}
