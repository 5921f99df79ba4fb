internal import NIOCore
internal import TTRPC
internal import Testing

@Suite("What is added to ttrpc, row by row of wire.md §2: a client")
struct ClientExtensionTests {
    private static let start = MonotonicInstant(nanoseconds: 1)

    /// Three calls are open: 1, 3 and 5.
    private static func connection(greeted: Bool = true) -> ClientConnection {
        var connection = ClientConnection()
        for _ in 0..<3 { _ = connection.open(.unary, requestBytes: 1) }
        if greeted { _ = connection.received(.hello()) }
        return connection
    }

    @Test("HELLO goes out once, before the first request")
    func hello() {
        var connection = ClientConnection()
        let hello = Hello(Limits()).frame
        #expect(
            connection.open(.unary, requestBytes: 1) == .write(StreamID(1), before: [hello])
        )
        #expect(connection.open(.unary, requestBytes: 1) == .write(StreamID(3), before: []))
    }

    @Test("a server that has not answered HELLO is not pinged, and nothing it sends counts")
    func stock() {
        var connection = Self.connection(greeted: false)
        #expect(connection.ping() == nil)
        #expect(connection.received(.ping(7)) == .ignore)
        #expect(connection.received(GoAway(StreamID(1), .noError).frame) == .ignore)
        let isRetired = connection.isRetired
        #expect(!isRetired)
    }

    @Test("a ping is answered, and sent only while calls are open")
    func pings() {
        var connection = Self.connection()
        #expect(connection.received(.ping(7)) == .writeFirst(Ping(7, isAnswer: true).frame))
        #expect(connection.ping() != nil)
        let apart = connection.pingMillisecondsMin
        #expect(apart == 10_000)
        for id: UInt32 in [1, 3, 5] {
            _ = connection.received(ClientConnectionTests.response(id, ""))
        }
        #expect(connection.ping() == nil)
    }

    @Test("GOAWAY: no new calls; those above the last id were not begun, in order")
    func goAway() {
        var connection = Self.connection()
        let first = GoAway(Limits.streamIDMax, .noError).frame
        #expect(connection.received(first) == .notBegun([]))
        #expect(connection.open(.unary, requestBytes: 1) == .elsewhere)
        let last = GoAway(StreamID(1), .noError).frame
        #expect(connection.received(last) == .notBegun([StreamID(3), StreamID(5)]))
        #expect(connection.received(last) == .notBegun([]))
        let openCallsCount = connection.openCallsCount
        #expect(openCallsCount == 1)
        #expect(
            connection.received(ClientConnectionTests.response(1, ""))
                == .tell(StreamID(1), .complete(Payload()))
        )
        #expect(connection.closed(Status(.unavailable, "gone")) == [])
        #expect(connection.open(.unary, requestBytes: 1) == .elsewhere)
    }

    @Test("an abandoned call is cancelled there, once, and its answer ignored")
    func cancel() {
        var connection = Self.connection(greeted: false)
        let frame = connection.abandon(StreamID(1), .deadlineExceeded, now: Self.start)
        #expect(frame == Cancel(StreamID(1), .deadlineExceeded).frame)
        #expect(frame.map { Payload($0.body).bytes } == [0, 0, 0, 4])
        let again = connection.abandon(StreamID(1), .cancelled, now: Self.start)
        #expect(again == nil)
        #expect(connection.received(ClientConnectionTests.response(1, "")) == .ignore)
    }

    @Test("above its budget a client abandons without a word")
    func cancelBudget() {
        var limits = Limits()
        limits.cancelsSentMax = 2
        var connection = ClientConnection(limits: limits)
        let later = MonotonicInstant(nanoseconds: Self.start.nanoseconds + 10_000_000_000)
        let told = [Self.start, Self.start, Self.start, later].map { now -> Bool in
            guard let id = connection.open(.unary, requestBytes: 1).id else { return false }
            return connection.abandon(StreamID(id), .cancelled, now: now) != nil
        }
        #expect(told == [true, true, false, true])
        let openCallsCount = connection.openCallsCount
        #expect(openCallsCount == 0)
    }

    @Test("a client that cancels as fast as it may is never closed for it")
    func budgetsAgree() {
        #expect(Limits().cancelsSentMax * 2 <= Limits().cancelsMax)
    }

    @Test("what a caller streams is written until it has said all, or the call is over")
    func sending() {
        var connection = ClientConnection()
        _ = connection.open(.bidirectional, requestBytes: 1)
        let id = StreamID(1)
        #expect(connection.send(id, payloadBytes: 4 << 20) == .write)
        guard case .fail(let status) = connection.send(id, payloadBytes: (4 << 20) + 1) else {
            Issue.record("a message above 4 MiB is refused here")
            return
        }
        #expect(status.code == .resourceExhausted)
        #expect(connection.finish(id) == .write)
        #expect(connection.finish(id) == .ignore)
        #expect(connection.send(id, payloadBytes: 1) == .ignore)
        #expect(connection.send(StreamID(9), payloadBytes: 1) == .ignore)
    }

    @Test("how each shape opens", arguments: ServerStream.Shape.allCases)
    func flags(_ shape: ServerStream.Shape) {
        let flags: [ServerStream.Shape: UInt8] = [
            .unary: 0, .serverStreaming: 1, .clientStreaming: 6, .bidirectional: 6,
        ]
        #expect(ClientStream.flags(shape).rawValue == flags[shape])
    }
}
