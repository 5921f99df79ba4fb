internal import NIOCore
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

@Suite("Calls whose caller streams, over sockets", .timeLimit(.minutes(15)))
struct StreamingLoopbackTests {
    private static let sum = MethodTable.Handler.clientStreaming {
        (_, requests) async throws(Status) in
        var count: UInt8 = 0
        while let message = try await requests.next() { count &+= message.bytes.first ?? 0 }
        return Payload(bytes: [count])
    }

    private static let chat = MethodTable.Handler.bidirectional {
        (_, requests, responses) async throws(Status) in
        while let message = try await requests.next() {
            guard message.count > 0 else { throw Status(.aborted, "an empty one") }
            try await responses.send(message)
        }
    }

    @Test("many messages, one answer", arguments: [0, 1, 100, 1_000])
    func clientStream(_ count: Int) async throws {
        try await withServer(table(["sum": Self.sum])) { _, address in
            let client = try await Client.connect(address: address)
            let call = try await client.clientStream(service, "sum")
            for _ in 0..<count { try await call.requests.send(Payload(bytes: [1])) }
            #expect(try await call.response().bytes == [UInt8(truncatingIfNeeded: count)])
            await client.close()
        }
    }

    @Test("each message has its answer before the next is sent")
    func conversation() async throws {
        try await withServer(table(["chat": Self.chat])) { _, address in
            let client = try await Client.connect(address: address)
            let call = try await client.bidirectionalStream(service, "chat")
            for byte: UInt8 in 1...5 {
                try await call.requests.send(Payload(bytes: [byte]))
                #expect(try await call.responses.next()?.bytes == [byte])
            }
            call.requests.finish()
            #expect(try await call.responses.next() == nil)
            await client.close()
        }
    }

    @Test("a failure ends both sides, and the connection serves on")
    func failure() async throws {
        try await withServer(table(["chat": Self.chat])) { _, address in
            let client = try await Client.connect(address: address)
            let call = try await client.bidirectionalStream(service, "chat")
            try await call.requests.send(Payload())
            let failure = await #expect(throws: Status.self) { try await call.responses.next() }
            #expect(failure == Status(.aborted, "an empty one"))
            let late = await #expect(throws: Status.self) {
                try await call.requests.send(Payload(bytes: [1]))
            }
            #expect(late?.code == .cancelled)
            #expect(try await client.call(service, "now", Payload(bytes: [1])).bytes == [1])
            await client.close()
        }
    }

    @Test("a caller that lets go of a stream ends its handler")
    func dropped() async throws {
        let (begun, ended) = (Gate(), Gate())
        let waiting = MethodTable.Handler.bidirectional {
            (_, requests, _) async throws(Status) in
            begun.arrive()
            do throws(Status) {
                while try await requests.next() != nil {}
            } catch {
                ended.arrive()
                throw error
            }
        }
        try await withServer(table(["waiting": waiting])) { _, address in
            let client = try await Client.connect(address: address)
            var call: ConversedCall? = try await client.bidirectionalStream(service, "waiting")
            try await call?.requests.send(Payload(bytes: [1]))
            await begun.arrival()
            call = nil
            await ended.arrival()
            await client.close()
        }
    }

    @Test("more messages at once than may wait: all are read, in order")
    func burst() async throws {
        let gate = Gate()
        let slow = MethodTable.Handler.clientStreaming { (_, requests) async throws(Status) in
            await gate.pass()
            var bytes: [UInt8] = []
            while let message = try await requests.next() { bytes += message.bytes }
            return Payload(bytes: bytes)
        }
        var limits = Limits()
        limits.bufferedMessagesMax = 4
        limits.unreadMillisecondsMax = 600_000
        try await withServer(table(["slow": slow]), limits: limits) { _, address in
            let bytes =
                Frame.request(1, "slow", []).bytes
                + (1...50).flatMap { Frame.data(1, [$0]).bytes }
                + Frame(stream: StreamID(1), kind: .data, flags: [.remoteClosed, .noData]).bytes
            async let received = exchange(bytes, with: address)
            await gate.arrival()
            gate.open()
            let answers = summaries(try await received)
            #expect(answers == ["1 ok \(Array<UInt8>(1...50))"])
        }
    }

    @Test("who leaves messages unread for too long loses the call; the connection serves on")
    func unread() async throws {
        let stuck = MethodTable.Handler.clientStreaming { (_, requests) async throws(Status) in
            try? await Task.sleep(for: .seconds(3600))
            while try await requests.next() != nil {}
            return Payload()
        }
        var limits = Limits()
        limits.bufferedMessagesMax = 4
        limits.unreadMillisecondsMax = 20
        try await withServer(table(["stuck": stuck]), limits: limits) { _, address in
            let bytes =
                Frame.request(1, "stuck", []).bytes
                + (1...10).flatMap { Frame.data(1, [$0]).bytes }
                + Frame.request(3, "now").bytes
            let received = summaries(try await exchange(bytes, with: address))
            #expect(received == ["1 resourceExhausted", "3 ok [1, 2, 3]"])
        }
    }
}

extension Frame {
    static func data(_ stream: UInt32, _ bytes: [UInt8]) -> Frame {
        Frame(stream: StreamID(stream), kind: .data, body: ByteBuffer(bytes: bytes))
    }
}
