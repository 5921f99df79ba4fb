internal import Logging
internal import NIOCore
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

@Suite("What is added to ttrpc, over sockets", .timeLimit(.minutes(15)))
struct ExtensionLoopbackTests {
    /// Says "begun", waits for its end, and says "ended".
    private static func stuck(_ begun: Gate, _ ended: Gate) -> MethodTable.Handler {
        .unary { _, payload in
            begun.arrive()
            try? await Task.sleep(for: .seconds(3600))
            ended.arrive()
            return payload
        }
    }

    @Test("cancelling a caller's task cancels the handler's")
    func cancel() async throws {
        let (begun, ended) = (Gate(), Gate())
        let methods = table(["stuck": Self.stuck(begun, ended)])
        try await withServer(methods) { _, address in
            let client = try await Client.connect(address: address)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: Status.self) {
                        try await client.call(service, "stuck", Payload())
                    }
                    #expect(error?.code == .cancelled)
                }
                await begun.arrival()
                group.cancelAll()
            }
            await ended.arrival()
            #expect(try await client.call(service, "now", Payload(bytes: [1])).bytes == [1])
            await client.close()
        }
    }

    @Test("an extended peer that closes its side is gone: its calls are cancelled")
    func gone() async throws {
        let (begun, ended) = (Gate(), Gate())
        let methods = table(["stuck": Self.stuck(begun, ended)])
        try await withServer(methods) { _, address in
            let client = try await Client.connect(address: address)
            async let outcome = try? client.call(service, "stuck", Payload())
            await begun.arrival()
            await client.close()
            await ended.arrival()
            #expect(await outcome == nil)
        }
    }

    @Test("a leaving server ends what runs; what comes later goes to its successor")
    func successor() async throws {
        let gate = Gate()
        let slow = MethodTable.Handler.unary { _, payload in
            await gate.pass()
            return payload
        }
        try await withServer(table(["slow": slow])) { server, address in
            let client = try await Client.connect(address: address)
            async let running = client.call(service, "slow", Payload(bytes: [1]))
            await gate.arrival()
            async let stopped: Void = server.shutdown(drain: .seconds(600))
            try await Self.refused(address)

            var configuration = Server.Configuration(address: address)
            configuration.drain = .zero
            let successor = Server(
                configuration: configuration,
                methods: table(["who": .inPlace { _, _ in Payload(bytes: [2]) }]),
                logger: .init(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            try await successor.start()
            // Until GOAWAY has come, the old connection is asked: it does not know the method.
            var found: [UInt8] = []
            while found.isEmpty {
                found = (try? await client.call(service, "who", Payload()).bytes) ?? []
                await Task.yield()
            }
            #expect(found == [2])
            gate.open()
            #expect(try await running.bytes == [1])
            await stopped
            await client.close()
            await successor.shutdown(drain: .zero)
        }
    }

    /// Returns once nobody listens at `address`.
    private static func refused(_ address: Address) async throws {
        while let client = try? await Client.connect(address: address) { await client.close() }
    }

    /// The first connection leaves when it is asked anything; the others answer what they are.
    private static let leaving: ScriptedServer.Script = { number, frame in
        if frame.kind == .hello { return [Hello(Limits()).frame] }
        guard frame.kind == .request else { return [] }
        if number == 0 {
            return [
                GoAway(Limits.streamIDMax, .noError).frame, GoAway(StreamID(0), .noError).frame,
            ]
        }
        let stream = frame.stream
        let body = Response(payload: Payload(bytes: [UInt8(number)])).encoded()
        let isStream = frame.flags.contains(.remoteClosed)
        return isStream
            ? [
                Frame(stream: stream, kind: .data, body: ByteBuffer(bytes: [UInt8(number)])),
                Frame(stream: stream, kind: .data, flags: [.remoteClosed, .noData]),
            ] : [Frame(stream: stream, kind: .response, body: body)]
    }

    @Test("calls that a leaving server has not begun are made anew, and nobody notices")
    func notBegun() async throws {
        let server = try await ScriptedServer.start(Self.leaving)
        let client = try await Client.connect(address: server.address)
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 {
                group.addTask { try await client.call(service, "any", Payload()).bytes }
            }
            for try await bytes in group { #expect(bytes == [1]) }
        }
        await client.close()
        try await server.stop()
    }

    @Test("close ends what still runs over a connection that its server leaves")
    func closedWhileLeft() async throws {
        let came = Gate()
        let server = try await ScriptedServer.start { number, frame in
            guard number == 0, frame.kind == .request else {
                return Self.leaving(max(1, number), frame)
            }
            came.arrive()
            // What came first goes on for ever; the rest belongs elsewhere.
            return [
                GoAway(Limits.streamIDMax, .noError).frame, GoAway(StreamID(1), .noError).frame,
            ]
        }
        let client = try await Client.connect(address: server.address)
        try await withThrowingTaskGroup(of: Status.Code?.self) { group in
            group.addTask {
                do throws(Status) {
                    _ = try await client.call(service, "first", Payload())
                    return nil
                } catch {
                    return error.code
                }
            }
            await came.arrival()
            let second = try await client.call(service, "second", Payload()).bytes
            #expect(second == [1])
            await client.close()
            let first = try await group.next()
            #expect(first == .unavailable)
        }
        try await server.stop()
    }

    @Test("a stream that a leaving server has not begun is opened anew")
    func notBegunStream() async throws {
        let server = try await ScriptedServer.start(Self.leaving)
        let client = try await Client.connect(address: server.address)
        let responses = try await client.serverStream(service, "any", Payload())
        #expect(try await responses.next()?.bytes == [1])
        #expect(try await responses.next() == nil)
        await client.close()
        try await server.stop()
    }

    @Test("what a caller streamed is not kept: such a call fails, unavailable")
    func notBegunUpload() async throws {
        let server = try await ScriptedServer.start(Self.leaving)
        let client = try await Client.connect(address: server.address)
        let call = try await client.clientStream(service, "any")
        let error = await #expect(throws: Status.self) { try await call.response() }
        #expect(error?.code == .unavailable)
        await client.close()
        try await server.stop()
    }

    @Test("a server that always leaves is not asked for ever")
    func alwaysLeaving() async throws {
        let server = try await ScriptedServer.start { _, frame in Self.leaving(0, frame) }
        let client = try await Client.connect(address: server.address)
        let error = await #expect(throws: Status.self) {
            try await client.call(service, "any", Payload())
        }
        #expect(error?.code == .unavailable)
        let streamed = await #expect(throws: Status.self) {
            let responses = try await client.serverStream(service, "any", Payload())
            for try await _ in responses {}
        }
        #expect(streamed?.code == .unavailable)
        await client.close()
        try await server.stop()
    }

    @Test("a server that answers no ping is lost")
    func keepalive() async throws {
        let pinged = Gate()
        let server = try await ScriptedServer.start { _, frame in
            if frame.kind == .ping { pinged.arrive() }
            var limits = Limits()
            limits.pingMillisecondsMin = 1
            return frame.kind == .hello ? [Hello(limits).frame] : []
        }
        var configuration = Client.Configuration()
        configuration.keepalive = .milliseconds(10)
        configuration.limits.pingAnswerMillisecondsMax = 50
        let client = try await Client.connect(address: server.address, configuration)
        let error = await #expect(throws: Status.self) {
            try await client.call(service, "any", Payload())
        }
        #expect(error == Status(.unavailable, "the server answers no ping"))
        await pinged.arrival()
        await client.close()
        try await server.stop()
    }

    @Test("a stock server is sent one HELLO, and no ping")
    func stockServer() async throws {
        let kinds = Mutex<[UInt8]>([])
        let server = try await ScriptedServer.start { _, frame in
            kinds.withLock { $0.append(frame.kind.number) }
            guard frame.kind == .request else { return [] }

            return [Frame(stream: frame.stream, kind: .response)]
        }
        var configuration = Client.Configuration()
        configuration.keepalive = .milliseconds(1)
        let client = try await Client.connect(address: server.address, configuration)
        for _ in 0..<3 { #expect(try await client.call(service, "any", Payload()).count == 0) }
        #expect(kinds.withLock(\.self) == [0xE0, 1, 1, 1])
        await client.close()
        try await server.stop()
    }
}
