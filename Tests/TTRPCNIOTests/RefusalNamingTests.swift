internal import NIOCore
internal import NIOEmbedded
internal import TTRPC
internal import Testing

@testable internal import TTRPCNIO

/// Whatever refuses a call, its caller hears by which name.
@Suite("Names of refusals", .timeLimit(.minutes(15)))
struct RefusalNamingTests {
    /// Frames of requests go in, statuses come out.
    private final class Connection {
        private let channel = EmbeddedChannel()

        init(_ methods: MethodTable, limits: Limits = Limits()) throws {
            let handler = ServerHandler(
                methods: methods,
                limits: limits,
                on: self.channel.eventLoop,
                number: 7,
                naming: { status, origin, metadata in
                    let name = metadata.requestID ?? "\(origin.connection)-\(origin.call)"
                    return status.naming("\(origin.listener.rawValue)-\(name)")
                },
                onEnded: {}
            )
            try self.channel.pipeline.syncOperations.addHandler(handler)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func call(
            _ stream: UInt32,
            _ method: String,
            timeout: Int64 = 0,
            name: String? = nil,
            flags: Frame.Flags = []
        ) throws {
            let request = Request(
                service,
                method,
                timeoutNanoseconds: timeout,
                metadata: Metadata(name.map { [.init(key: "x-request-id", value: $0)] } ?? [])
            )
            let body = request.encoded()
            try self.send(
                Frame(stream: StreamID(stream), kind: .request, flags: flags, body: body)
            )
        }

        func send(_ frame: Frame) throws {
            var bytes = ByteBuffer()
            FrameEncoder.write(frame, into: &bytes)
            try self.channel.writeInbound(bytes)
            self.channel.embeddedEventLoop.run()
        }

        func pass(_ time: TimeAmount) { self.channel.embeddedEventLoop.advanceTime(by: time) }

        /// What was written since: code and name.
        func told() throws -> [String] {
            var bytes = ByteBuffer()
            while var buffer = try self.channel.readOutbound(as: ByteBuffer.self) {
                bytes.writeBuffer(&buffer)
            }
            var told: [String] = []
            while let head = bytes.readSlice(length: Limits.frameHeaderBytes),
                let length = head.getInteger(at: head.readerIndex, as: UInt32.self),
                let body = bytes.readSlice(length: Int(length))
            {
                guard let status = try Response(decoding: body).status else { continue }
                told.append("\(status.code) \(status.requestID ?? "")")
            }
            return told
        }

        func finish() { _ = try? self.channel.finish(acceptAlreadyClosed: true) }
    }

    private static func methods(_ gate: Gate) -> MethodTable {
        table([
            "wait": .unary { (_, payload) async throws(Status) in
                await gate.pass()
                return payload
            },
            "deaf": .clientStreaming { (_, _) async throws(Status) in
                await gate.pass()
                return Payload()
            },
            "long": .inPlace { _, _ in
                Payload(ByteBuffer(repeating: 7, count: Limits.frameBodyBytesMax))
            },
            "named": .inPlace { (_, _) throws(Status) in
                throw Status(.notFound, "none").naming("own")
            },
        ])
    }

    @Test(
        "of no method, of an answer that is too long, of what the method named itself",
        arguments: [
            ("none", nil, "unimplemented ttrpc-7-1"), ("none", "abc", "unimplemented ttrpc-abc"),
            ("long", nil, "resourceExhausted ttrpc-7-1"),
            ("long", "abc", "resourceExhausted ttrpc-abc"), ("named", "abc", "notFound own"),
        ] as [(String, String?, String)]
    )
    func inPlace(_ method: String, _ name: String?, _ expected: String) throws {
        let connection = try Connection(Self.methods(Gate()))
        defer { connection.finish() }
        try connection.call(1, method, name: name)
        #expect(try connection.told() == [expected])
    }

    @Test("of a call whose deadline passes, and of one too many")
    func tasks() throws {
        let gate = Gate()
        var limits = Limits()
        limits.runningCallsMax = 2
        let connection = try Connection(Self.methods(gate), limits: limits)
        defer {
            gate.open()
            connection.finish()
        }
        try connection.call(1, "wait", timeout: 1_000_000_000, name: "abc")
        try connection.call(3, "wait", timeout: 1_000_000_000)
        try connection.call(5, "wait")
        #expect(try connection.told() == ["resourceExhausted ttrpc-7-5"])
        connection.pass(.seconds(2))
        #expect(
            try connection.told().sorted() == [
                "deadlineExceeded ttrpc-7-3", "deadlineExceeded ttrpc-abc",
            ]
        )
    }

    private static let data = Frame(
        stream: StreamID(1),
        kind: .data,
        body: ByteBuffer(string: "more")
    )
    private static let again = Frame(stream: StreamID(1), kind: .request)

    @Test(
        "of a running call that is ended by a frame, as its caller named it",
        arguments: [
            (Cancel(StreamID(1), .cancelled).frame, "cancelled"), (data, "invalidArgument"),
            (again, "invalidArgument"),
        ] as [(Frame, String)]
    )
    func ended(_ frame: Frame, _ code: String) throws {
        for (name, expected) in [("abc", "ttrpc-abc"), (nil, "ttrpc-7-1")] as [(String?, String)] {
            let gate = Gate()
            let connection = try Connection(Self.methods(gate))
            defer {
                gate.open()
                connection.finish()
            }
            try connection.call(1, "wait", name: name)
            try connection.send(frame)
            #expect(try connection.told() == ["\(code) \(expected)"])
        }
    }

    @Test("of a call that leaves what its caller sends unread")
    func unread() throws {
        let gate = Gate()
        let limits = Limits()
        let connection = try Connection(Self.methods(gate), limits: limits)
        defer {
            gate.open()
            connection.finish()
        }
        try connection.call(1, "deaf", name: "abc", flags: [.remoteOpen, .noData])
        for _ in 0..<1_000 { try connection.send(Self.data) }
        connection.pass(.milliseconds(Int64(limits.unreadMillisecondsMax) + 1))
        #expect(try connection.told() == ["resourceExhausted ttrpc-abc"])
    }
}
