internal import NIOCore
internal import NIOEmbedded
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// The socket's side of a connection: counts reads, and holds writes of a peer that takes none.
private final class Shore: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    var isHolding = false
    /// As of a channel that closes before it was active.
    var isSilentAtEnd = false
    private(set) var reads = 0

    func channelInactive(context: ChannelHandlerContext) {
        if !self.isSilentAtEnd { context.fireChannelInactive() }
    }

    func flush(context: ChannelHandlerContext) {
        if !self.isHolding { context.flush() }
    }

    func read(context: ChannelHandlerContext) {
        self.reads += 1
        context.read()
    }
}

/// A channel that a handler of the test closes; set once there is one.
private final class Door: Sendable {
    private let channel = Mutex<NIOLoopBound<EmbeddedChannel>?>(nil)

    func lead(to channel: EmbeddedChannel) {
        self.channel.withLock { $0 = NIOLoopBound(channel, eventLoop: channel.eventLoop) }
    }

    func close() {
        self.channel.withLock(\.self)?.value.close(promise: nil)
    }
}

/// One connection on a loop whose time a test turns by hand.
private final class Connection {
    let channel = EmbeddedChannel()
    let shore = Shore()
    var endings = 0

    var hasEnded: Bool { self.endings > 0 }

    init(_ methods: MethodTable, limits: Limits = Limits()) throws {
        let handler = ServerHandler(
            methods: methods,
            limits: limits,
            on: self.channel.eventLoop
        ) { [unowned self] in
            self.endings += 1
        }
        try self.channel.pipeline.syncOperations.addHandler(self.shore)
        try self.channel.pipeline.syncOperations.addHandler(handler)
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    func receive(_ frames: Frame...) throws {
        try self.receive(frames.flatMap(\.bytes))
    }

    func receive(_ bytes: [UInt8]) throws {
        try self.channel.writeInbound(ByteBuffer(bytes: bytes))
        self.channel.embeddedEventLoop.run()
    }

    /// One element per write.
    func writes() throws -> [[UInt8]] {
        var writes: [[UInt8]] = []
        while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
            if buffer.readableBytes > 0 { writes.append(Array(buffer.readableBytesView)) }
        }
        return writes
    }

    func replies() throws -> [String] {
        summaries(try self.writes().flatMap(\.self))
    }

    func pass(_ time: TimeAmount) {
        self.channel.embeddedEventLoop.advanceTime(by: time)
    }

    func setWritable(_ isWritable: Bool) {
        self.channel.isWritable = isWritable
        self.channel.pipeline.fireChannelWritabilityChanged()
        self.channel.embeddedEventLoop.run()
    }

    /// The peer takes what was held from it.
    func takeHeld() {
        self.shore.isHolding = false
        self.channel.flush()
        self.channel.embeddedEventLoop.run()
    }

    func drain() {
        self.channel.pipeline.fireUserInboundEventTriggered(ServerHandler.Drain())
    }

    var isOpen: Bool { self.channel.isActive }

    func finish() {
        _ = try? self.channel.finish(acceptAlreadyClosed: true)
    }
}

@Suite("A server's connection", .timeLimit(.minutes(15)))
struct ServerHandlerTests {
    @Test("a burst is answered in one write, in order, byte for byte")
    func oneWrite() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive(
            .request(1, "now", [7]),
            .request(3, "never"),
            .request(5, "now", [])
        )
        let writes = try connection.writes()
        #expect(writes.count == 1)
        #expect(writes[0].prefix(13) == [0, 0, 0, 3, 0, 0, 0, 1, 2, 0, 0x12, 1, 7])
        #expect(writes[0].suffix(10) == [0, 0, 0, 0, 0, 0, 0, 5, 2, 0])
        #expect(summaries(writes[0]) == ["1 ok [7]", "3 unimplemented", "5 ok []"])
    }

    @Test("bytes that come one at a time are answered all the same")
    func bytewise() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        for byte in Frame.request(1, "now").bytes + Frame.request(3, "now").bytes {
            try connection.receive([byte])
        }
        #expect(try connection.replies() == ["1 ok [1, 2, 3]", "3 ok [1, 2, 3]"])
    }

    @Test("more calls in place than may run as tasks")
    func inPlaceDoesNotCount() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        let frames = (0..<500).map { Frame.request(UInt32(2 * $0 + 1), "now") }
        try connection.receive(frames.flatMap(\.bytes))
        #expect(try connection.replies().count == 500)
    }

    @Test("a method that cannot answer in place runs as a task")
    func inPlaceOrTask() throws {
        let handler = MethodTable.Handler.inPlaceOrTask(
            { _, payload in payload.count > 1 ? nil : payload },
            { _, _ in Payload(bytes: [42]) }
        )
        let connection = try Connection(table(["either": handler]))
        defer { connection.finish() }
        try connection.receive(.request(1, "either", [7]), .request(3, "either", [7, 7]))
        #expect(try connection.replies() == ["1 ok [7]", "3 ok [42]"])
    }

    @Test("a handler's error and its message reach the wire; an answer too large is a status")
    func failures() throws {
        let connection = try Connection(
            table([
                "fail": .unary { _, _ throws(Status) in throw Status(.aborted, "changed") },
                "huge": .unary { _, _ in Payload(repeating: 1, count: 5 << 20) },
                "hugeNow": .inPlace { _, _ in Payload(repeating: 1, count: 4 << 20) },
            ])
        )
        defer { connection.finish() }
        try connection.receive(
            .request(1, "fail"),
            .request(3, "huge"),
            .request(5, "hugeNow"),
            .request(7, "now")
        )
        #expect(
            try connection.replies() == [
                "1 aborted", "3 resourceExhausted", "5 resourceExhausted", "7 ok [1, 2, 3]",
            ]
        )
    }

    @Test("a stream goes out in order and ends with a frame of its own")
    func stream() throws {
        let many = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            for byte: UInt8 in 1...3 { try await responses.send(Payload(bytes: [byte])) }
        }
        let connection = try Connection(table(["many": many]))
        defer { connection.finish() }
        try connection.receive(.request(1, "many"))
        #expect(try connection.replies() == ["1 data [1]", "1 data [2]", "1 data [3]", "1 end"])
    }

    @Test("a stream waits while the peer does not read, and goes on when it does")
    func boundedStream() throws {
        let gate = Gate()
        let many = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            for _ in 0..<5 {
                try await responses.send(Payload(bytes: [9]))
                gate.arrive()
            }
        }
        let connection = try Connection(table(["many": many]))
        defer { connection.finish() }
        connection.setWritable(false)
        try connection.receive(.request(1, "many"))
        #expect(gate.arrived == 0)
        connection.setWritable(true)
        #expect(gate.arrived == 5)
        #expect(try connection.replies().count == 6)
    }

    @Test("reading stops while answers pile up, and goes on after")
    func readingStops() throws {
        var limits = Limits()
        limits.outboundBytesLow = 10
        let connection = try Connection(table(), limits: limits)
        defer { connection.finish() }
        connection.setWritable(false)
        try connection.receive(.request(1, "now"), .request(3, "now"), .request(5, "now"))
        #expect(try connection.replies() == ["1 ok [1, 2, 3]"])
        connection.setWritable(true)
        #expect(try connection.replies() == ["3 ok [1, 2, 3]", "5 ok [1, 2, 3]"])
    }

    @Test("half-close while answers pile up: all that came is answered, then it closes")
    func halfCloseUnderBackpressure() throws {
        var limits = Limits()
        limits.outboundBytesLow = 10
        let connection = try Connection(table(), limits: limits)
        defer { connection.finish() }
        connection.setWritable(false)
        try connection.receive(
            .request(1, "now", [1]),
            .request(3, "now", [3]),
            .request(5, "now", [5])
        )
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try connection.replies() == ["1 ok [1]"])
        #expect(connection.isOpen)
        connection.setWritable(true)
        #expect(try connection.replies() == ["3 ok [3]", "5 ok [5]"])
        #expect(!connection.isOpen)
    }

    @Test("a connection that closes reads no more and takes no more")
    func closingReadsNothing() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.shore.isHolding = true
        connection.drain()
        try connection.receive(.request(1, "now"))
        connection.pass(.milliseconds(500))
        #expect(connection.isOpen)

        let reads = connection.shore.reads
        connection.channel.read()
        try connection.receive(.request(3, "now"))
        #expect(connection.shore.reads == reads)

        connection.takeHeld()
        #expect(try connection.replies() == ["1 unavailable"])
        #expect(!connection.isOpen)
    }

    @Test("a peer that takes nothing of the last answers is cut all the same")
    func closingIsBounded() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.shore.isHolding = true
        connection.drain()
        try connection.receive(.request(1, "now"))
        connection.pass(.seconds(29))
        #expect(connection.isOpen)
        connection.pass(.seconds(2))
        #expect(!connection.isOpen)
    }

    @Test("a peer that reads slowly is not cut; when it stops, it is")
    func slowReader() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.shore.isHolding = true
        try connection.receive(.request(1, "now"))
        connection.setWritable(false)
        connection.pass(.seconds(29))
        connection.takeHeld()
        connection.pass(.seconds(29))
        #expect(connection.isOpen)
        connection.pass(.seconds(3))
        #expect(!connection.isOpen)
    }

    @Test("a peer that never reads is cut")
    func stalledWrite() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.setWritable(false)
        connection.pass(.seconds(29))
        #expect(connection.isOpen)
        connection.pass(.seconds(2))
        #expect(!connection.isOpen)
    }

    @Test("a first byte other than zero closes at once; what came before is not awaited")
    func malformed() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive([0x16])
        #expect(!connection.isOpen)
        #expect(connection.hasEnded)
    }

    @Test("what came before a first byte other than zero is answered, then it closes")
    func malformedAfterRequest() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.shore.isHolding = true
        try connection.receive(Frame.request(1, "now").bytes + [0x16])
        #expect(connection.isOpen)
        connection.takeHeld()
        #expect(try connection.replies() == ["1 ok [1, 2, 3]"])
        #expect(!connection.isOpen)
    }

    @Test("a refusal fits its frame, however long the name it refuses", arguments: [-1, 0, 1])
    func longName(_ difference: Int) throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        let bodyBytes = Limits.frameBodyBytesMax + difference
        let request = Request(String(repeating: "x", count: bodyBytes - 8), "m")
        let frame = Frame(stream: StreamID(1), kind: .request, body: request.encoded())
        #expect(frame.body.readableBytes == bodyBytes)

        try connection.receive(frame)
        let written = try connection.writes().flatMap(\.self)
        #expect(written.count < 200)
        #expect(summaries(written) == [difference > 0 ? "1 resourceExhausted" : "1 unimplemented"])
    }

    @Test("an over-long frame is answered at once, skipped as it comes, and the connection lives")
    func oversized() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive([0x00, 0x50, 0, 0, 0, 0, 0, 1, 1, 0])
        #expect(try connection.replies() == ["1 resourceExhausted"])
        for _ in 0..<0x50 { try connection.receive([UInt8](repeating: 1, count: 1 << 16)) }
        try connection.receive(.request(3, "now"))
        #expect(try connection.replies() == ["3 ok [1, 2, 3]"])
    }

    @Test("a frame that takes too long closes the connection; a new one has its own time")
    func slowFrame() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        let bytes = Frame.request(1, "now").bytes
        try connection.receive(Array(bytes[..<20]))
        connection.pass(.seconds(29))
        try connection.receive(Array(bytes[20...]) + [0, 0])
        connection.pass(.seconds(29))
        #expect(connection.isOpen)
        connection.pass(.seconds(2))
        #expect(!connection.isOpen)
    }

    @Test("a frame's time runs from its own beginning")
    func frameBegins() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        let bytes = Frame.request(1, "now").bytes
        try connection.receive(Array(bytes[..<20]))
        connection.pass(.seconds(1))
        try connection.receive(Array(bytes[20...]))
        connection.pass(.seconds(27))
        try connection.receive([0, 0])
        connection.pass(.seconds(3))
        #expect(connection.isOpen)
        connection.pass(.seconds(26))
        #expect(connection.isOpen)
        connection.pass(.seconds(2))
        #expect(!connection.isOpen)
    }

    @Test("a deadline answers and stops the work")
    func deadline() throws {
        let gate = Gate()
        let late = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            do throws(Status) {
                while true { try await responses.send(Payload(bytes: [1])) }
            } catch {
                gate.arrive()
                throw error
            }
        }
        let connection = try Connection(table(["late": late]))
        defer { connection.finish() }
        connection.setWritable(false)
        var frame = Frame.request(1, "late", timeout: 1_000_000)
        frame.flags = .remoteClosed
        try connection.receive(frame)
        #expect(gate.arrived == 0)
        connection.pass(.milliseconds(1))
        #expect(gate.arrived == 1)
        connection.setWritable(true)
        #expect(try connection.replies() == ["1 deadlineExceeded"])
    }

    @Test("closing the connection cancels what runs, and it ends after its handlers")
    func closeCancels() throws {
        let stuck = MethodTable.Handler.serverStreaming { _, _, responses async throws(Status) in
            while true { try await responses.send(Payload(bytes: [1])) }
        }
        let connection = try Connection(table(["stuck": stuck]))
        connection.setWritable(false)
        try connection.receive(.request(1, "stuck"))
        connection.channel.close(promise: nil)
        connection.channel.embeddedEventLoop.run()
        #expect(connection.hasEnded)
    }

    @Test("a call is cancelled although its connection closes while it starts")
    func closesWhileStarting() throws {
        let (door, gate) = (Door(), Gate())
        let closing = MethodTable.Handler.unary { _, payload in
            door.close()
            for _ in 0..<100 where !Task.isCancelled { await Task.yield() }
            if Task.isCancelled { gate.arrive() }
            return payload
        }
        let connection = try Connection(table(["closing": closing]))
        door.lead(to: connection.channel)
        try connection.receive(.request(1, "closing", timeout: 1_000_000))
        #expect(gate.arrived == 1)
        #expect(connection.endings == 1)
    }

    @Test("frames that ask for nothing do not prolong a drain")
    func drainWithNoise() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.drain()
        connection.pass(.milliseconds(150))
        try connection.receive(Frame(stream: StreamID(1), kind: .init(0xE0), body: ByteBuffer()))
        connection.pass(.milliseconds(100))
        #expect(!connection.isOpen)
    }

    @Test("a connection ends once, whether its channel was ever active", arguments: [false, true])
    func endsOnce(_ wasActive: Bool) throws {
        let connection = try Connection(table())
        connection.shore.isSilentAtEnd = !wasActive
        connection.channel.close(promise: nil)
        connection.channel.embeddedEventLoop.run()
        #expect(connection.endings == 1)
    }

    @Test("a draining connection refuses what is new and closes after a silence")
    func drain() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        connection.drain()
        connection.pass(.milliseconds(150))
        try connection.receive(.request(1, "now"))
        #expect(try connection.replies() == ["1 unavailable"])
        connection.pass(.milliseconds(100))
        #expect(connection.isOpen)
        connection.pass(.milliseconds(400))
        #expect(!connection.isOpen)
        #expect(connection.hasEnded)
    }

    @Test("an extended peer that is silent for long is pinged, and closed when it stays silent")
    func silence() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive(Hello(Limits()).frame)
        #expect(kinds(try connection.writes()) == [.hello])
        connection.pass(.hours(2))
        #expect(kinds(try connection.writes()) == [.ping])
        connection.pass(.seconds(19))
        try connection.receive(Ping(7, isAnswer: true).frame)
        connection.pass(.seconds(2))
        #expect(connection.isOpen)
        connection.pass(.hours(2))
        #expect(kinds(try connection.writes()) == [.ping])
        connection.pass(.seconds(17))
        #expect(connection.isOpen)
        connection.pass(.seconds(2))
        #expect(!connection.isOpen)
    }

    @Test("a stock peer may be silent for ever, and is not pinged")
    func stockSilence() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive(.request(1, "now"))
        connection.pass(.hours(48))
        #expect(kinds(try connection.writes()) == [.response])
        #expect(connection.isOpen)
    }

    @Test("a draining connection says so in two steps to a peer that does not answer")
    func leaving() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive(Hello(Limits()).frame)
        connection.drain()
        connection.pass(.milliseconds(999))
        #expect(kinds(try connection.writes()) == [.hello, .goAway, .ping])
        #expect(connection.isOpen)
        connection.pass(.milliseconds(1))
        #expect(kinds(try connection.writes()) == [.goAway])
        connection.pass(.milliseconds(500))
        #expect(!connection.isOpen)
    }

    @Test("a ping is answered before what the same burst asked")
    func pingFirst() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        try connection.receive(Hello(Limits()).frame)
        _ = try connection.writes()
        try connection.receive(.request(1, "now"), Ping(7).frame)
        #expect(kinds(try connection.writes()) == [.ping, .response])
    }

    @Test("too many CANCEL close the connection")
    func cancels() throws {
        let connection = try Connection(table())
        defer { connection.finish() }
        let cancel = Cancel(StreamID(1), .cancelled).frame.bytes
        try connection.receive((0..<200).flatMap { _ in cancel })
        #expect(connection.isOpen)
        try connection.receive(cancel)
        #expect(!connection.isOpen)
    }

    @Test("whatever comes, a connection answers in whole frames", arguments: 0..<300)
    func fuzz(_ seed: Int) throws {
        // The seed is the test's argument, so a failure names it.
        var random = SeededNumbers(UInt64(seed))
        let connection = try Connection(table(["late": .unary { _, payload in payload }]))
        defer { connection.finish() }
        var written: [UInt8] = []
        for _ in 0..<20 where connection.isOpen {
            var bytes = Frame.request(UInt32.random(in: 0...9, using: &random), "now").bytes
            bytes += Frame.request(UInt32.random(in: 0...99, using: &random), "late").bytes
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            try connection.receive(Array(bytes.prefix(Int.random(in: 1...200, using: &random))))
            written += try connection.writes().flatMap(\.self)
        }
        #expect(!summaries(written).contains { $0.contains("malformed") })
    }
}

private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (self.state ^ (self.state >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    }
}

/// The kinds of the frames in these writes, in order.
private func kinds(_ writes: [[UInt8]]) -> [Frame.Kind] {
    var decoder = FrameDecoder()
    var buffer = ByteBuffer(bytes: writes.flatMap(\.self))
    var kinds: [Frame.Kind] = []
    while case .frame(let frame) = decoder.next(from: &buffer) { kinds.append(frame.kind) }
    return kinds
}
