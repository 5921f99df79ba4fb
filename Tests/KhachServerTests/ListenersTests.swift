internal import Logging
internal import NIOCore
internal import TTRPC
internal import Testing

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
}
