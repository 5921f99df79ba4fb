internal import Logging
internal import NIOCore
internal import NIOEmbedded
internal import NIOPosix
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// A door that tasks wait at until a test opens it; it tells how many have come.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var counting: [(Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var arrived: Int { self.state.withLock { $0.arrived } }

    /// Counts who comes, without holding anybody up.
    func arrive() {
        let ready = self.state.withLock { state in
            state.arrived += 1
            let count = state.arrived
            let ready = state.counting.filter { $0.0 <= count }
            state.counting.removeAll { $0.0 <= count }
            return ready.map(\.1)
        }
        for waiter in ready { waiter.resume() }
    }

    func pass() async {
        self.arrive()
        await withCheckedContinuation { waiter in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.waiting.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }

    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiter in waiting { waiter.resume() }
    }

    /// Returns once `count` have come.
    func arrival(of count: Int = 1) async {
        await withCheckedContinuation { waiter in
            let isDone = self.state.withLock { state in
                if state.arrived < count { state.counting.append((count, waiter)) }
                return state.arrived >= count
            }
            if isDone { waiter.resume() }
        }
    }
}

let service = "test.Sample"

/// "now" echoes in place; the rest is added by each test.
func table(_ more: [String: MethodTable.Handler] = [:]) -> MethodTable {
    var table = MethodTable()
    table.add(service, "now", .inPlace { _, payload in payload })
    for (name, handler) in more { table.add(service, name, handler) }
    return table
}

/// Serves `methods` on a loopback port for as long as `body` runs.
func withServer(
    _ methods: MethodTable,
    connectionsMax: Int = 1024,
    loopsCount: Int = 1,
    limits: Limits = Limits(),
    _ body: (Server, Address) async throws -> Void
) async throws {
    var configuration = Server.Configuration(address: .tcp(host: "127.0.0.1", port: 0))
    configuration.connectionsMax = connectionsMax
    configuration.loopsCount = loopsCount
    configuration.limits = limits
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = Server(configuration: configuration, methods: methods, logger: logger)
    let address = try await server.start()
    do {
        try await body(server, address)
    } catch {
        await server.shutdown(drain: .zero)
        throw error
    }
    await server.shutdown(drain: .zero)
}

/// Sends bytes, closes the sending side, and returns everything that came until the end.
func exchange(_ bytes: [UInt8], with address: Address) async throws -> [UInt8] {
    guard case .tcp(let host, let port) = address else { return [] }
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .channelOption(.allowRemoteHalfClosure, value: true)
        .connect(host: host, port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true)
                )
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(bytes: bytes))
        outbound.finish()
        var received: [UInt8] = []
        for try await chunk in inbound { received += Array(chunk.readableBytesView) }
        return received
    }
}

extension Frame {
    static func request(
        _ stream: UInt32,
        _ method: String,
        _ bytes: [UInt8] = [1, 2, 3],
        timeout: Int64 = 0
    ) -> Frame {
        let request = Request(
            service,
            method,
            payload: Payload(bytes: bytes),
            timeoutNanoseconds: timeout
        )
        return Frame(stream: StreamID(stream), kind: .request, body: request.encoded())
    }

    var bytes: [UInt8] {
        var buffer = ByteBuffer()
        FrameEncoder.write(self, into: &buffer)
        return Array(buffer.readableBytesView)
    }
}

/// Frames as "id code", "id ok BYTES", "id data BYTES" and "id end".
func summaries(_ bytes: [UInt8]) -> [String] {
    var decoder = FrameDecoder()
    var buffer = ByteBuffer(bytes: bytes)
    var found: [String] = []
    while let output = decoder.next(from: &buffer) {
        guard case .frame(let frame) = output else {
            found.append("\(output)")
            continue
        }

        let id = frame.stream.number
        if frame.kind == .data {
            found.append(
                frame.hasMessage ? "\(id) data \(Payload(frame.body).bytes)" : "\(id) end"
            )
        } else if let response = try? Response(decoding: frame.body) {
            found.append(
                response.status.map { "\(id) \($0.code)" } ?? "\(id) ok \(response.payload.bytes)"
            )
        } else {
            found.append("\(id) malformed")
        }
    }
    return found
}
