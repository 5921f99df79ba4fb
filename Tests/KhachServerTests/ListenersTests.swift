internal import Glibc
internal import Logging
internal import NIOCore
internal import TTRPC
internal import Testing

@testable internal import KhachGRPC
@testable internal import KhachServer
@testable internal import TTRPCNIO

@Suite("Listeners", .timeLimit(.minutes(15)))
struct ListenersTests {
    @Test("one that ends by itself ends all of them, and is named")
    func ended() async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var servers: [Server] = []
        var addresses: [Address] = []
        for _ in 0..<2 {
            let server = Server(
                configuration: .init(address: .tcp(host: "127.0.0.1", port: 0)),
                methods: MethodTable(),
                logger: logger
            )
            addresses.append(try await server.start())
            servers.append(server)
        }
        let entrances = Entrances(servers: servers, addresses: addresses, grpc: nil)
        let listeners = Listeners(entrances: entrances, logger: logger)
        let error = await #expect(throws: EndedListener.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listeners.run() }
                // As NIO does when accept(2) fails and is not worth another try. Not waited for:
                // its loop may end before it could say so.
                try #require(servers[1].listeningChannel).close(promise: nil)
                try await group.waitForAll()
            }
        }
        #expect(error?.address == addresses[1])
        // The other has ended too, and not by itself.
        await #expect(throws: Status.self) {
            _ = try await Client.connect(address: addresses[0])
        }
    }

    @Test("one over gRPC that ends by itself is named in the log with its cause")
    func endedOverGRPC() async throws {
        let sink = Sink()
        let logger = Logger(label: "test") { _ in LineLogHandler(format: .logfmt) { sink.add($0) } }
        let listener = try GRPCListener(
            GRPCListener.Configuration(host: "127.0.0.1", port: 0),
            methods: MethodTable(),
            now: { MonotonicInstant(nanoseconds: 0) }
        )
        let address = Address.tcp(host: "127.0.0.1", port: listener.port)
        let grpc = GRPCEntrance(listener: listener, address: address, drain: .zero)
        let entrances = Entrances(servers: [], addresses: [], grpc: grpc)
        let listeners = Listeners(entrances: entrances, logger: logger)
        let error = await #expect(throws: EndedListener.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listeners.run() }
                // Whoever is accepted says that it serves.
                let client = try await Client.connect(address: address)
                while listener.connectionsCount == 0 { await Task.yield() }
                let channel = try #require(listener.life.channel)
                // As NIO does when accept(2) fails and is not worth another try.
                channel.pipeline.fireErrorCaught(IOError(errnoCode: EBADF, reason: "accept"))
                // Not waited for: its loop may end before it could say so.
                channel.close(promise: nil)
                try await group.waitForAll()
                await client.close()
            }
        }
        #expect(error?.address == address)
        let line = try #require(sink.all.first { $0.contains("level=error") })
        #expect(line.contains("address=\(address)"), "\(line)")
        #expect(line.contains("cause=\"accept") && line.contains("errno: 9"), "\(line)")
    }
}
