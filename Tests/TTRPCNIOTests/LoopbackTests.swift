internal import Foundation
internal import Logging
internal import NIOCore
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

@Suite("Client and server over sockets", .timeLimit(.minutes(15)))
struct LoopbackTests {
    @Test("many calls at once, each with its own answer", arguments: [1, 2])
    func concurrent(_ loopsCount: Int) async throws {
        let methods = table(["task": .unary { _, payload in payload }])
        try await withServer(methods, loopsCount: loopsCount) { _, address in
            let clients = [
                try await Client.connect(address: address),
                try await Client.connect(address: address),
            ]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<150 {
                    group.addTask {
                        let sent = Payload(bytes: Array("call \(index)".utf8))
                        let method = index % 4 == 0 ? "task" : "now"
                        let got = try await clients[index % 2].call(service, method, sent)
                        #expect(got == sent)
                    }
                }
                try await group.waitForAll()
            }
            for client in clients { await client.close() }
        }
    }

    @Test("answers come in any order")
    func outOfOrder() async throws {
        let gate = Gate()
        let slow = MethodTable.Handler.unary { _, payload in
            await gate.pass()
            return payload
        }
        try await withServer(table(["slow": slow])) { _, address in
            let client = try await Client.connect(address: address)
            async let first = client.call(service, "slow", Payload(bytes: [1]))
            await gate.arrival()
            #expect(try await client.call(service, "now", Payload(bytes: [2])).bytes == [2])
            gate.open()
            #expect(try await first.bytes == [1])
            await client.close()
        }
    }

    @Test("a status arrives with its details, metadata and deadline with the call")
    func status() async throws {
        let detail = Status.Detail(typeURL: "type.googleapis.com/x", value: [1, 2])
        let methods = table([
            "fail": .unary { _, _ throws(Status) in
                throw Status(.notFound, "none", details: [detail])
            },
            "look": .inPlace { context, _ in
                Payload(
                    bytes: Array("\(context.metadata["KEY"] ?? "") \(context.deadline != nil)".utf8)
                )
            },
        ])
        try await withServer(methods) { _, address in
            let client = try await Client.connect(address: address)
            let error = await #expect(throws: Status.self) {
                try await client.call(service, "fail", Payload())
            }
            #expect(error == Status(.notFound, "none", details: [detail]))
            let metadata = Metadata([.init(key: "key", value: "v")])
            let looked = try await client.call(
                service,
                "look",
                Payload(),
                metadata: metadata,
                timeout: .seconds(60)
            )
            #expect(looked.bytes == Array("v true".utf8))
            await client.close()
        }
    }

    @Test("a deadline ends the call here and the work there")
    func deadline() async throws {
        let cancelled = Gate()
        let stuck = MethodTable.Handler.unary { _, payload in
            try? await Task.sleep(for: .seconds(3600))
            cancelled.arrive()
            return payload
        }
        try await withServer(table(["stuck": stuck])) { _, address in
            let client = try await Client.connect(address: address)
            let error = await #expect(throws: Status.self) {
                try await client.call(service, "stuck", Payload(), timeout: .milliseconds(20))
            }
            #expect(error == Status(.deadlineExceeded, "context deadline exceeded"))
            await cancelled.arrival()
            await client.close()
        }
    }

    @Test("a cancelled caller gets its answer at once, and the connection serves on")
    func cancellation() async throws {
        let gate = Gate()
        let slow = MethodTable.Handler.unary { _, payload in
            await gate.pass()
            return payload
        }
        try await withServer(table(["slow": slow])) { _, address in
            let client = try await Client.connect(address: address)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let error = await #expect(throws: Status.self) {
                        try await client.call(service, "slow", Payload())
                    }
                    #expect(error?.code == .cancelled)
                }
                await gate.arrival()
                group.cancelAll()
                try await group.waitForAll()
            }
            gate.open()
            #expect(try await client.call(service, "now", Payload(bytes: [1])).bytes == [1])
            await client.close()
        }
    }

    @Test("a stream arrives whole, in order, slow reader or not")
    func stream() async throws {
        let many = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            for index in 0..<400 {
                let byte = UInt8(truncatingIfNeeded: index)
                try await responses.send(Payload(repeating: byte, count: 20_000))
            }
        }
        // On a busy machine the reader may come by once a minute.
        var limits = Limits()
        limits.stalledWriteMillisecondsMax = 600_000
        try await withServer(table(["many": many]), limits: limits) { _, address in
            let client = try await Client.connect(address: address)
            var count = 0
            for try await message in try await client.serverStream(service, "many", Payload()) {
                #expect(message.count == 20_000)
                #expect(message.bytes.first == UInt8(truncatingIfNeeded: count))
                count += 1
                await Task.yield()
            }
            #expect(count == 400)
            await client.close()
        }
    }

    @Test("a stream's failure is thrown after its messages")
    func failingStream() async throws {
        let failing = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            try await responses.send(Payload(bytes: [1]))
            throw Status(.aborted, "changed")
        }
        try await withServer(table(["failing": failing])) { _, address in
            let client = try await Client.connect(address: address)
            var iterator = try await client.serverStream(service, "failing", Payload())
                .makeAsyncIterator()
            #expect(try await iterator.next()?.bytes == [1])
            do {
                _ = try await iterator.next()
                Issue.record("the stream fails")
            } catch let error as Status {
                #expect(error == Status(.aborted, "changed"))
            }
            #expect(try await iterator.next() == nil)
            await client.close()
        }
    }

    @Test("half-close: what was asked is answered, then the connection ends")
    func halfClose() async throws {
        let slow = MethodTable.Handler.unary { _, payload in
            for _ in 0..<10 { await Task.yield() }
            return payload
        }
        try await withServer(table(["slow": slow])) { _, address in
            let bytes = Frame.request(1, "slow").bytes + Frame.request(3, "now").bytes
            let received = try await exchange(bytes, with: address)
            #expect(summaries(received).sorted() == ["1 ok [1, 2, 3]", "3 ok [1, 2, 3]"])
        }
    }

    @Test("drain: the call that runs is answered, then the server is gone")
    func drain() async throws {
        let gate = Gate()
        let slow = MethodTable.Handler.unary { _, payload in
            await gate.pass()
            return payload
        }
        try await withServer(table(["slow": slow])) { server, address in
            let client = try await Client.connect(address: address)
            async let running = client.call(service, "slow", Payload(bytes: [1]))
            await gate.arrival()
            async let stopped: Void = server.shutdown(drain: .seconds(60))
            gate.open()
            #expect(try await running.bytes == [1])
            await stopped
            #expect(server.connectionsCount == 0)
            let error = await #expect(throws: Status.self) {
                try await Client.connect(address: address, timeout: .seconds(1))
            }
            #expect(error?.code == .unavailable)
        }
    }

    @Test("the end of drain time cancels what still runs")
    func drainEnds() async throws {
        let gate = Gate()
        let stuck = MethodTable.Handler.unary { _, payload in
            gate.arrive()
            try? await Task.sleep(for: .seconds(3600))
            return payload
        }
        try await withServer(table(["stuck": stuck])) { server, address in
            let client = try await Client.connect(address: address)
            async let running = client.call(service, "stuck", Payload())
            await gate.arrival()
            await server.shutdown(drain: .milliseconds(10))
            do {
                _ = try await running
                Issue.record("the call fails")
            } catch let status as Status {
                #expect(status.code == .unavailable)
            }
        }
    }

    @Test("shutdown ends although connections are just being accepted", arguments: 0..<40)
    func shutdownWhileAccepting(_ round: Int) async throws {
        let connected = Gate()
        try await withServer(table(), loopsCount: 4) { server, address in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        while let client = try? await Client.connect(address: address) {
                            connected.arrive()
                            await client.close()
                        }
                    }
                }
                await connected.arrival(of: 8 + round)
                await server.shutdown(drain: .zero)
            }
            #expect(server.connectionsCount == 0)
        }
    }

    @Test("cancelling run stops the server")
    func run() async throws {
        var configuration = Server.Configuration(address: .tcp(host: "127.0.0.1", port: 0))
        configuration.drain = .zero
        let server = Server(
            configuration: configuration,
            methods: table(),
            logger: .init(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let address = try await server.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let client = try await Client.connect(address: address)
            #expect(try await client.call(service, "now", Payload(bytes: [1])).bytes == [1])
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(server.connectionsCount == 0)
    }

    @Test("one connection more than allowed is closed, and its calls are unavailable")
    func connectionsMax() async throws {
        try await withServer(table(), connectionsMax: 1) { _, address in
            let first = try await Client.connect(address: address)
            #expect(try await first.call(service, "now", Payload()).count == 0)
            // It may be closed before the client has it.
            let error = await #expect(throws: Status.self) {
                let second = try await Client.connect(address: address)
                _ = try await second.call(service, "now", Payload())
            }
            #expect(error?.code == .unavailable)
            await first.close()
        }
    }

    @Test("a socket file is its owner's alone, replaced only when nobody listens on it")
    func socketFile() async throws {
        let directory = URL(filePath: NSTemporaryDirectory())
            .appending(path: "ttrpc-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "socket").path
        func make() -> Server {
            Server(
                configuration: .init(address: .unix(path: path)),
                methods: table(),
                logger: .init(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        }

        try Data().write(to: URL(filePath: path))
        await #expect(throws: (any Error).self) { try await make().start() }
        try FileManager.default.removeItem(atPath: path)

        close(try UnixSocket.bind(path))  // what a server that was killed leaves behind
        let server = make()
        #expect(try await server.start() == .unix(path: path))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        await #expect(throws: (any Error).self) { try await make().start() }

        let client = try await Client.connect(address: .unix(path: path))
        #expect(try await client.call(service, "now", Payload(bytes: [1])).bytes == [1])
        await server.shutdown(drain: .zero)
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
