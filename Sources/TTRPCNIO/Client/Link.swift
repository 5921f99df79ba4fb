internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import TTRPC

/// One connection of a client.
final class Link: Sendable {
    let channel: any Channel
    let handler: NIOLoopBound<ClientHandler>
    /// Whether a small call was answered, so that its caller may make a long one.
    let isIntroduced = Atomic(false)

    private init(_ channel: any Channel, _ handler: NIOLoopBound<ClientHandler>) {
        self.channel = channel
        self.handler = handler
    }

    /// Connects, or says `unavailable` when that does not succeed in time.
    static func connect(
        _ address: Address,
        _ configuration: Client.Configuration
    ) async throws(Status) -> Link {
        let keepalive = configuration.keepalive.map { TimeAmount($0) }
        let limits = configuration.limits
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ClientHandler(limits: limits, keepalive: keepalive)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let connected =
                switch address {
                case .tcp(let host, let port), .tls(let host, let port):
                    bootstrap.connect(host: host, port: port)
                case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
                }
            let ready = connected.flatMap { Self.shield($0, configuration.shield) }
            let (channel, handler) = try await ready.flatMapThrowing { channel in
                let handler = try channel.pipeline.syncOperations.handler(type: ClientHandler.self)
                return (channel, NIOLoopBound(handler, eventLoop: channel.eventLoop))
            }.get()
            return Link(channel, handler)
        } catch {
            throw Status(.unavailable, "no connection to \(address)\(Self.reason(error))")
        }
    }

    /// Puts what stands before the protocol on a new connection, and waits until it is ready.
    private static func shield(
        _ channel: any Channel,
        _ shield: Shield?
    ) -> EventLoopFuture<any Channel> {
        guard let shield else { return channel.eventLoop.makeSucceededFuture(channel) }

        // The server says nothing before the client does, so nothing has come yet.
        return channel.eventLoop.flatSubmit {
            do {
                return try shield.install(channel).map { _ in channel }
            } catch {
                return channel.close().flatMapThrowing { throw error }
            }
        }
    }

    /// Makes a unary call; cancelling the task ends it here and there.
    func call(_ request: ClientHandler.Request) async -> Result<Payload, CallFailure> {
        let (loop, handler) = (self.channel.eventLoop, self.handler)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                loop.execute { handler.value.call(request, reply) }
            }
        } onCancel: {
            request.ticket.cancel()
            loop.execute { handler.value.cancel(request.ticket) }
        }
    }

    /// Begins a call of another shape; returns once its request is on its way.
    func openStream(
        _ shape: ClientStream.Shape,
        _ request: ClientHandler.Request
    ) async -> Result<OpenStream, CallFailure> {
        let (loop, handler) = (self.channel.eventLoop, self.handler)
        let opened = await withCheckedContinuation { opened in
            loop.execute { handler.value.openStream(shape, request, opened) }
        }
        return opened.map { OpenStream(id: $0, link: self) }
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
}

/// A call that has begun and is not read to its end, with its connection.
struct OpenStream: Sendable {
    let id: StreamID
    let link: Link

    /// The next message, `nil` at the end; cancelling the task abandons the call.
    func next() async -> Result<Payload?, CallFailure> {
        let (id, handler, loop) = (self.id, self.link.handler, self.link.channel.eventLoop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { next in
                loop.execute { handler.value.next(id, next) }
            }
        } onCancel: {
            loop.execute { handler.value.abandon(id, .cancelled) }
        }
    }

    /// Sends one message; returns when the server's side has room for the next.
    func send(_ payload: Payload) async -> Result<Void, Status> {
        guard !Task.isCancelled else {
            return .failure(Status(.cancelled, "the caller waits no longer"))
        }
        let (id, handler, loop) = (self.id, self.link.handler, self.link.channel.eventLoop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { room in
                loop.execute { handler.value.send(payload, on: id, room) }
            }
        } onCancel: {
            loop.execute { handler.value.release(id) }
        }
    }

    /// Nothing more is sent.
    func finish() {
        let (id, handler) = (self.id, self.link.handler)
        self.link.channel.eventLoop.execute { handler.value.finish(id) }
    }

    /// Nobody reads it any more.
    func drop() {
        let (id, handler) = (self.id, self.link.handler)
        self.link.channel.eventLoop.execute { handler.value.drop(id) }
    }
}
