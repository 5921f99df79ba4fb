internal import Glibc
internal import NIOCore
internal import NIOPosix
package import TTRPC

/// One connection to a server, shared by any number of calling tasks.
///
/// Every failure is a `Status`; a lost connection is `unavailable`, for the calls that were open
/// and for those that come later. It does not connect again: make another client.
package final class Client: Sendable {
    package let address: Address
    private let channel: any Channel
    private let handler: NIOLoopBound<ClientHandler>

    private init(_ address: Address, _ channel: any Channel, _ handler: NIOLoopBound<ClientHandler>)
    {
        self.address = address
        self.channel = channel
        self.handler = handler
    }

    /// Connects, or says `unavailable` when that does not succeed within `timeout`.
    package static func connect(
        address: Address,
        timeout: Duration = .seconds(5),
        limits: Limits = Limits(),
        shield: Shield? = nil
    ) async throws(Status) -> Client {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ClientHandler(limits: limits))
                }
            }
        do {
            let connected =
                switch address {
                case .tcp(let host, let port), .tls(let host, let port):
                    bootstrap.connect(host: host, port: port)
                case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
                }
            let ready = connected.flatMap { channel in
                guard let shield else { return channel.eventLoop.makeSucceededFuture(channel) }

                // The server says nothing before the client does, so nothing has come yet.
                return channel.eventLoop.flatSubmit {
                    do {
                        return try shield.install(channel).map { channel }
                    } catch {
                        return channel.close().flatMapThrowing { throw error }
                    }
                }
            }
            let (channel, handler) = try await ready.flatMapThrowing { channel in
                let handler = try channel.pipeline.syncOperations.handler(type: ClientHandler.self)
                return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
            }.get()
            return Client(address, channel, handler)
        } catch {
            throw Status(.unavailable, "no connection to \(address)\(Self.reason(error))")
        }
    }

    /// What NIO and the system say of a connection that was not made, in words that go on a line.
    private static func reason(_ error: any Error) -> String {
        switch error {
        case ChannelError.connectTimeout(let amount):
            let milliseconds = amount.nanoseconds / 1_000_000
            return milliseconds % 1_000 == 0
                ? " within \(milliseconds / 1_000) s" : " within \(milliseconds) ms"
        case let error as IOError:
            let text = String(cString: strerror(error.errnoCode))
            return ": " + text.prefix(1).lowercased() + text.dropFirst()
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return Self.reason(first.error) }
            let isUnknown = error.dnsAError != nil || error.dnsAAAAError != nil
            return isUnknown ? ": the name \(error.host) is not known" : ": \(error)"
        default: return ": \(error)"
        }
    }

    /// Calls a unary method.
    ///
    /// Cancelling the task abandons the call: the server is not told.
    package func call(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> Payload {
        let request = try self.request(service, method, payload, metadata, timeout)
        let (loop, handler) = (self.channel.eventLoop, self.handler)
        let outcome: Result<Payload, Status> = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                loop.execute { handler.value.call(request, reply) }
            }
        } onCancel: {
            request.ticket.cancel()
            loop.execute { handler.value.cancel(request.ticket) }
        }
        return try outcome.get()
    }

    /// Calls a method that answers with a stream; returns once the request is on its way.
    package func serverStream(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        metadata: Metadata = Metadata(),
        timeout: Duration? = nil
    ) async throws(Status) -> ResponseSequence {
        let request = try self.request(service, method, payload, metadata, timeout)
        let (loop, handler) = (self.channel.eventLoop, self.handler)
        let outcome: Result<StreamID, Status> = await withCheckedContinuation { opened in
            loop.execute { handler.value.openStream(request, opened) }
        }
        return ResponseSequence(stream: try outcome.get(), handler: handler, loop: loop)
    }

    /// Closes the connection; calls that are open fail as `unavailable`.
    package func close() async {
        try? await self.channel.close()
    }

    private func request(
        _ service: String,
        _ method: String,
        _ payload: Payload,
        _ metadata: Metadata,
        _ timeout: Duration?
    ) throws(Status) -> ClientHandler.Request {
        var nanoseconds: Int64 = 0
        var deadline: NIODeadline?
        if let timeout {
            guard timeout > .zero else {
                throw Status(.deadlineExceeded, "context deadline exceeded")
            }

            nanoseconds = TimeAmount(timeout).nanoseconds
            deadline = .now() + .nanoseconds(nanoseconds)
        }
        let body = Request(
            service,
            method,
            payload: payload,
            timeoutNanoseconds: nanoseconds,
            metadata: metadata
        ).encoded()
        return ClientHandler.Request(body: body, deadline: deadline, ticket: CallTicket())
    }
}
