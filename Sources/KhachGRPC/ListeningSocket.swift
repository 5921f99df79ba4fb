internal import GRPCNIOTransportHTTP2TransportServices
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import TTRPCNIO

/// The listening socket: made before the server runs, so that its failure and its port are known,
/// and who connects meanwhile waits.
struct ListeningSocket: HTTP2ServerTransport.ListenerFactory {
    private static let backlog: CInt = 1_024

    let port: Int
    let connections: OpenConnections
    /// Stands before HTTP/2 on every connection, if there is one.
    let shield: Shield?
    let onProtocolError: @Sendable (ProtocolError) -> Void
    /// Makes what stands next to the socket of every connection.
    let watches: @Sendable (Connection) -> [any ChannelHandler]
    /// Told of what accepts connections, before it does.
    let onListening: @Sendable (any Channel) throws -> Void
    let eventLoopGroup: any EventLoopGroup
    private let descriptor: CInt

    /// Listens; port 0 takes a free one.
    init(
        host: String,
        port: Int,
        connections: OpenConnections,
        shield: Shield?,
        onProtocolError: @escaping @Sendable (ProtocolError) -> Void,
        watches: @escaping @Sendable (Connection) -> [any ChannelHandler],
        onListening: @escaping @Sendable (any Channel) throws -> Void,
        on group: any EventLoopGroup
    ) throws {
        let address = try NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port)
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        let family: CInt = if case .v6 = address { AF_INET6 } else { AF_INET }
        self.descriptor = Glibc.socket(family, kind, 0)
        guard self.descriptor >= 0 else { throw Self.failure("socket") }

        self.connections = connections
        self.shield = shield
        self.onProtocolError = onProtocolError
        self.watches = watches
        self.onListening = onListening
        self.eventLoopGroup = group
        do {
            self.port = try Self.listen(self.descriptor, address)
        } catch {
            Glibc.close(self.descriptor)
            throw error
        }
    }

    func makeListeningChannel(
        listenerConfigurator: HTTP2ServerTransport.ListenerConfigurator,
        connectionConfigurator: HTTP2ServerTransport.ConnectionConfigurator
    ) async throws -> NIOAsyncChannel<
        HTTP2ServerTransport.ConnectionConfigurator.ConnectionChannel, Never
    > {
        let connections = self.connections
        let (shield, watches) = (self.shield, self.watches)
        let (onProtocolError, onListening) = (self.onProtocolError, self.onListening)
        return try await ServerBootstrap(group: self.eventLoopGroup)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelInitializer { channel in
                // Before the first connection is accepted.
                channel.eventLoop.makeCompletedFuture { try onListening(channel) }
                    .flatMap { listenerConfigurator.configure(channel: channel) }
            }
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .bind(self.descriptor) { channel in
                guard let connection = connections.admit(channel) else {
                    onProtocolError(.tooManyConnections)
                    return channel.close().flatMapThrowing {
                        throw ChannelError.ioOnClosedChannel
                    }
                }

                do {
                    // Told on this thread, before the first byte of a call.
                    try shield?.install(channel).assumeIsolated()
                        .whenSuccess { connection.show($0) }
                    try channel.pipeline.syncOperations.addHandlers(
                        watches(connection),
                        position: .first
                    )
                } catch {
                    return channel.close().flatMapThrowing { throw error }
                }
                return connectionConfigurator.configure(
                    channel: channel,
                    tls: shield == nil ? .none : .configured(requireALPN: true)
                )
            }
    }

    private static func listen(_ socket: CInt, _ address: NIOCore.SocketAddress) throws -> Int {
        var isOn: CInt = 1
        let isOnBytes = socklen_t(MemoryLayout<CInt>.size)
        guard setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &isOn, isOnBytes) == 0 else {
            throw self.failure("setsockopt")
        }
        guard address.withSockAddr({ bind(socket, $0, socklen_t($1)) }) == 0 else {
            throw self.failure("bind")
        }
        guard Glibc.listen(socket, self.backlog) == 0 else { throw self.failure("listen") }

        var bound = sockaddr_storage()
        var boundBytes = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let outcome = withUnsafeMutablePointer(to: &bound) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                getsockname(socket, pointer, &boundBytes)
            }
        }
        guard outcome == 0 else { throw self.failure("getsockname") }

        // The port stands at the same place for both families.
        return withUnsafeBytes(of: &bound) { bytes in
            Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    private static func failure(_ what: String) -> IOError {
        IOError(errnoCode: errno, reason: what)
    }
}
