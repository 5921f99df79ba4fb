internal import NIOCore
internal import NIOEmbedded
internal import Synchronization
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// Connections and calls of nobody known cost a bounded amount (reliability.md §2.2, §2.4, §4.5).
@Suite("Strangers")
struct StrangerTests {
    /// One connection from an address, on a loop whose time a test turns by hand.
    private final class Visit {
        let channel = EmbeddedChannel()
        let handler: ServerHandler

        init(
            _ methods: MethodTable,
            from address: String = "192.0.2.1",
            strangers: Strangers = Strangers(Limits()),
            mustBeKnown: Bool = true,
            _ errors: Errors = Errors()
        ) throws {
            self.handler = ServerHandler(
                methods: methods,
                limits: Limits(),
                on: self.channel.eventLoop,
                address: address,
                strangers: strangers,
                mustBeKnown: { mustBeKnown },
                onProtocolError: { error in errors.list.withLock { $0.append(error) } },
                onEnded: {}
            )
            try self.channel.pipeline.syncOperations.addHandler(self.handler)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func receive(_ frames: Frame...) throws {
            try self.channel.writeInbound(ByteBuffer(bytes: frames.flatMap(\.bytes)))
            self.channel.embeddedEventLoop.run()
        }

        func replies() throws -> [String] {
            var bytes: [UInt8] = []
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
                bytes += Array(buffer.readableBytesView)
            }
            return summaries(bytes)
        }

        func pass(_ time: TimeAmount) { self.channel.embeddedEventLoop.advanceTime(by: time) }

        var isOpen: Bool { self.channel.isActive }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    private final class Errors: Sendable {
        let list = Mutex<[ProtocolError]>([])
    }

    /// "known" is called by one who is known, "unknown" by nobody, "wait" waits at the gate.
    private static func methods(_ gate: Gate = Gate()) -> MethodTable {
        table([
            "known": .inPlace { (context, payload) in
                _ = context.mark?.called(by: 1) { {} }
                return payload
            },
            "unknown": .inPlace { (_, _) throws(Status) in throw Status(.unauthenticated, "who?") },
            "wait": .unary { (_, payload) in
                await gate.pass()
                return payload
            },
        ])
    }

    @Test("a connection by which nobody known calls is closed at its time, and not before")
    func deadline() throws {
        for calls in [[], ["now"], ["unknown"], ["now", "unknown", "now"]] {
            let errors = Errors()
            let visit = try Visit(Self.methods(), errors)
            defer { visit.finish() }
            for (index, call) in calls.enumerated() {
                try visit.receive(.request(UInt32(2 * index + 1), call))
            }
            visit.pass(.milliseconds(9_999))
            #expect(visit.isOpen, "\(calls)")
            visit.pass(.milliseconds(1))
            #expect(!visit.isOpen, "\(calls)")
            #expect(errors.list.withLock { $0 } == [.noCaller])
        }
    }

    @Test("an extended peer is told first, so that its first call goes over another connection")
    func extended() throws {
        let visit = try Visit(Self.methods())
        defer { visit.finish() }
        try visit.receive(Hello(Limits()).frame)
        visit.pass(.seconds(10))
        #expect(visit.isOpen)
        var frames: [Frame] = []
        var decoder = FrameDecoder()
        while var buffer = try visit.channel.readOutbound(as: ByteBuffer.self) {
            while case .frame(let frame)? = decoder.next(from: &buffer) { frames.append(frame) }
        }
        #expect(frames.contains { GoAway($0) != nil }, "\(frames)")
        for second in 0..<10 { try visit.receive(.request(UInt32(2 * second + 1), "unknown")) }
        visit.pass(.seconds(10))
        #expect(!visit.isOpen, "whatever it says")
    }

    @Test("a call that was under way when its connection was told to leave is not cut")
    func underWay() throws {
        let gate = Gate()
        let visit = try Visit(Self.methods(gate))
        defer { visit.finish() }
        try visit.receive(Hello(Limits()).frame)
        visit.pass(.seconds(10))
        try visit.receive(.request(1, "known"), .request(3, "wait"))
        _ = try visit.replies()
        visit.pass(.seconds(25))
        #expect(visit.isOpen)
        gate.open()
        visit.channel.embeddedEventLoop.run()
        #expect(try visit.replies().contains("3 ok [1, 2, 3]"))
        visit.pass(.seconds(1))
        #expect(!visit.isOpen, "it has drained")
    }

    @Test("a frame before anybody known has called has 64 KiB at most", arguments: [-1, 0, 1])
    func longFrame(_ difference: Int) throws {
        func request(_ stream: UInt32) -> Frame {
            let bodyBytes = Limits.strangerBodyBytesMax + difference
            let empty = Frame.request(stream, "now", []).body.readableBytes
            let frame = Frame.request(
                stream,
                "now",
                .init(repeating: 7, count: bodyBytes - empty - 4)
            )
            #expect(frame.body.readableBytes == bodyBytes)
            return frame
        }
        func isRefused(_ visit: Visit, _ stream: UInt32) throws -> Bool {
            try visit.receive(request(stream))
            let reply = try #require(try visit.replies().last)
            return reply == "\(stream) resourceExhausted"
        }
        let visit = try Visit(Self.methods())
        defer { visit.finish() }
        #expect(try isRefused(visit, 1) == (difference > 0))
        try visit.receive(.request(3, "unknown"))
        #expect(try visit.replies() == ["3 unauthenticated"], "the connection goes on")
        #expect(try isRefused(visit, 5) == (difference > 0), "nobody known has called yet")
        try visit.receive(.request(7, "known"), request(9))
        #expect(try visit.replies().map { $0.prefix(4) } == ["7 ok", "9 ok"])

        let open = try Visit(Self.methods(), mustBeKnown: false)
        defer { open.finish() }
        #expect(try !isRefused(open, 1), "where nobody need be known")
    }

    @Test("a long frame of nobody known is skipped as it comes, and who is known sends 4 MiB")
    func longestFrame() throws {
        let visit = try Visit(Self.methods())
        defer { visit.finish() }
        // The length of 64 KiB and a byte, and nothing of it yet.
        try visit.channel.writeInbound(ByteBuffer(bytes: [0, 1, 0, 1, 0, 0, 0, 1, 1, 0]))
        visit.channel.embeddedEventLoop.run()
        #expect(try visit.replies() == ["1 resourceExhausted"])
        try visit.channel.writeInbound(ByteBuffer(repeating: 7, count: (64 << 10) + 1))
        try visit.receive(.request(3, "known"))
        #expect(try visit.replies() == ["3 ok [1, 2, 3]"])
        for (stream, difference) in [(5, -1), (7, 0), (9, 1)] as [(UInt32, Int)] {
            let name = String(repeating: "x", count: Limits.frameBodyBytesMax + difference - 8)
            let body = Request(name, "m").encoded()
            #expect(body.readableBytes == Limits.frameBodyBytesMax + difference)
            try visit.receive(Frame(stream: StreamID(stream), kind: .request, body: body))
            let word = difference > 0 ? "resourceExhausted" : "unimplemented"
            #expect(try visit.replies() == ["\(stream) \(word)"])
        }
    }

    @Test("one by which somebody known has called stays, and so does every one of an open server")
    func known() throws {
        for (call, mustBeKnown) in [("known", true), ("now", false)] {
            let visit = try Visit(Self.methods(), mustBeKnown: mustBeKnown)
            defer { visit.finish() }
            try visit.receive(.request(1, call))
            visit.pass(.seconds(60))
            #expect(visit.isOpen, "\(call)")
        }
    }

    @Test("a call that runs keeps its connection, and its end does not")
    func running() throws {
        let gate = Gate()
        let visit = try Visit(Self.methods(gate))
        defer { visit.finish() }
        try visit.receive(.request(1, "wait"))
        visit.pass(.seconds(25))
        #expect(visit.isOpen)
        gate.open()
        visit.channel.embeddedEventLoop.run()
        #expect(try visit.replies() == ["1 ok [1, 2, 3]"])
        visit.pass(.seconds(10))
        #expect(!visit.isOpen)
    }

    @Test("ten failures a minute are answered; one more is, and ends its connection")
    func failures() throws {
        let strangers = Strangers(Limits())
        let errors = Errors()
        let visit = try Visit(Self.methods(), strangers: strangers, errors)
        defer { visit.finish() }
        for call in 0..<10 { try visit.receive(.request(UInt32(2 * call + 1), "unknown")) }
        #expect(visit.isOpen)
        #expect(try visit.replies().count == 10)
        try visit.receive(.request(21, "unknown"), .request(23, "now"))
        #expect(try visit.replies() == ["21 unauthenticated"], "nothing behind it is answered")
        #expect(!visit.isOpen)
        #expect(errors.list.withLock { $0 } == [.tooManyStrangers])

        let again = try Visit(Self.methods(), strangers: strangers)
        defer { again.finish() }
        try again.receive(.request(1, "known"), .request(3, "now"))
        #expect(try again.replies().count == 2, "who is known is not held back by its address")
        try again.receive(.request(5, "unknown"))
        #expect(!again.isOpen, "the address has no failure left")

        let other = try Visit(Self.methods(), from: "192.0.2.2", strangers: strangers)
        defer { other.finish() }
        try other.receive(.request(1, "unknown"))
        #expect(other.isOpen, "another address has its own")
    }

    @Test("failures are forgotten after a minute, and addresses are held in bounded numbers")
    func forgotten() {
        let strangers = Strangers(Limits())
        func isWelcome(_ address: String, at second: UInt64) -> Bool {
            let now = MonotonicInstant(nanoseconds: second * 1_000_000_000)
            return strangers.mayGoOn(address, now: now)
        }
        #expect((0..<11).map { _ in isWelcome("a", at: 1) }.filter(\.self).count == 10)
        #expect(!isWelcome("a", at: 60))
        #expect(isWelcome("a", at: 61))
        for number in 0..<Strangers.addressesMax { #expect(isWelcome("\(number)", at: 62)) }
    }

    @Test("connections of one address are n, and of all addresses N", arguments: [1, 3])
    func connections(perAddress: Int) {
        let connections = Connections(countMax: 2 * perAddress + 1, perAddressMax: perAddress)
        func admit(_ address: String) -> (EmbeddedChannel, Connections.Admission) {
            let channel = EmbeddedChannel()
            return (channel, connections.admit(channel, from: address))
        }
        let first = (0..<perAddress).map { _ in admit("192.0.2.1") }
        #expect(first.allSatisfy { $0.1 == .admitted })
        #expect(admit("192.0.2.1").1 == .tooMany)
        let second = (0..<perAddress).map { _ in admit("192.0.2.2") }
        #expect(second.allSatisfy { $0.1 == .admitted })
        let local = admit("")
        #expect(local.1 == .admitted)
        #expect(admit("").1 == .tooMany, "all of them together")

        connections.ended(first[0].0, from: "192.0.2.1")
        connections.ended(first[0].0, from: "192.0.2.1")  // once more is nothing more
        #expect(admit("192.0.2.2").1 == .tooMany)
        #expect(admit("192.0.2.1").1 == .admitted)
        #expect(admit("192.0.2.1").1 == .tooMany)
    }

    @Test("a user that the kernel has no number for is nobody", arguments: [0, 1_000, 65_534])
    func unixUsers(_ user: UInt32) {
        #expect(UnixPeer.peer(user) == (user == 65_534 ? nil : .unixUser(user)))
    }

    @Test("a connection is claimed once for each caller, and let go of at its end")
    func claims() {
        let mark = ConnectionMark()
        let held = Mutex<[Int]>([])
        func call(_ key: Int, isFree: Bool = true) -> Bool {
            mark.called(by: Int64(key)) {
                guard isFree else { return nil }
                held.withLock { $0.append(key) }
                return { held.withLock { all in all.removeAll { $0 == key } } }
            }
        }
        #expect(!mark.isKnown)
        #expect(!call(1, isFree: false))
        #expect(!mark.isKnown, "whom no room is left for is nobody here")
        #expect(call(1) && call(2) && call(1))
        #expect(held.withLock { $0 } == [1, 2])
        #expect(mark.isKnown)
        mark.end()
        #expect(held.withLock { $0 }.isEmpty)
        #expect(call(3), "a call that outlives its connection claims nothing")
        #expect(held.withLock { $0 }.isEmpty)
    }
}
