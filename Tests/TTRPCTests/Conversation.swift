internal import NIOCore
internal import TTRPC
internal import Testing

/// A server connection with what a driver adds to it, so that a test reads as a conversation:
/// frames in, frames out.
struct Conversation: ~Copyable {
    private(set) var connection: ServerConnection
    private(set) var sent = ByteBuffer()
    private(set) var cancelled: [StreamID] = []
    /// What handlers were given, as id and "message", "last" or "end".
    private(set) var delivered: [String] = []
    private(set) var isClosed = false
    var now = MonotonicInstant(nanoseconds: 1_000)
    private let table: MethodTable

    init(limits: Limits = Limits(), table: MethodTable = .sample) {
        self.connection = ServerConnection(limits: limits)
        self.table = table
    }

    mutating func receive(_ frame: Frame) {
        self.perform(self.connection.received(frame, now: self.now))
    }

    mutating func receiveOversized(_ stream: StreamID) {
        self.perform(self.connection.receivedOversized(stream, length: 5 << 20))
    }

    /// A handler that ran as a task came to its end.
    mutating func end(_ stream: UInt32, _ outcome: ServerStream.Outcome, payload: Payload? = nil) {
        let stream = StreamID(stream)
        switch self.connection.handlerEnded(stream, outcome) {
        case .writeResponse:
            FrameEncoder.writeResponse(stream, payload: payload ?? Payload(), into: &self.sent)
        case .writeEnd: FrameEncoder.writeEnd(stream, into: &self.sent)
        case .reject(let status):
            FrameEncoder.writeResponse(stream, status: status, into: &self.sent)
        case .ignore: break
        }
    }

    mutating func send(_ stream: UInt32, _ payload: Payload) {
        if case .write = self.connection.send(StreamID(stream), payloadBytes: payload.count) {
            FrameEncoder.writeData(StreamID(stream), payload: payload, into: &self.sent)
        }
    }

    mutating func passDeadline(_ stream: UInt32) {
        if case .abort(let status) = self.connection.deadlinePassed(StreamID(stream)) {
            FrameEncoder.writeResponse(StreamID(stream), status: status, into: &self.sent)
            self.cancelled.append(StreamID(stream))
        }
    }

    mutating func leaveUnread(_ stream: UInt32) {
        if case .abort(let status) = self.connection.inputUnread(StreamID(stream)) {
            FrameEncoder.writeResponse(StreamID(stream), status: status, into: &self.sent)
            self.cancelled.append(StreamID(stream))
        }
    }

    mutating func drain() {
        for frame in self.connection.drain() { FrameEncoder.write(frame, into: &self.sent) }
    }

    /// The peer was silent for the second that it has.
    mutating func leave() {
        if let frame = self.connection.leave() { FrameEncoder.write(frame, into: &self.sent) }
    }

    mutating func wait(milliseconds: UInt64) {
        self.now = MonotonicInstant(nanoseconds: self.now.nanoseconds + milliseconds * 1_000_000)
    }

    mutating func peerClosed() { self.isClosed = self.connection.peerClosed() == .close }
    var onIdle: ServerConnection.OnIdle { self.connection.onIdle }

    /// What was sent since this was last asked.
    mutating func takeSent() -> [UInt8] {
        defer { self.sent.clear() }
        return Array(self.sent.readableBytesView)
    }

    /// The same as id and status code, "ok" for a message, "data" and "end" for streams; and the
    /// names of extensions.
    mutating func takeReplies() -> [String] {
        outputs(of: [self.takeSent()]).map { output in
            guard case .frame(let frame) = output else { return "not a frame" }
            if frame.stream == .connection, let name = frame.extensionName { return name }
            guard frame.kind == .response else {
                return "\(frame.stream.number) \(frame.hasMessage ? "data" : "end")"
            }
            guard let response = try? Response(decoding: frame.body) else { return "malformed" }
            return "\(frame.stream.number) \(response.status.map { "\($0.code)" } ?? "ok")"
        }
    }

    private mutating func perform(_ action: ServerConnection.OnFrame) {
        switch action {
        case .call(let call): self.run(call)
        case .reject(let stream, let status):
            FrameEncoder.writeResponse(stream, status: status, into: &self.sent)
        case .abort(let stream, let status):
            FrameEncoder.writeResponse(stream, status: status, into: &self.sent)
            self.cancelled.append(stream)
        case .deliver(let stream, let arrival):
            self.delivered.append("\(stream.number) \(arrival.name)")
        case .write(let frame): FrameEncoder.write(frame, into: &self.sent)
        case .writeFirst(let frame):
            var first = ByteBuffer()
            FrameEncoder.write(frame, into: &first)
            first.writeImmutableBuffer(self.sent)
            self.sent = first
        case .close(let frame):
            if let frame { FrameEncoder.write(frame, into: &self.sent) }
            self.isClosed = true
        case .ignore: break
        }
    }

    private mutating func run(_ call: ServerConnection.Call) {
        let (service, method) = (call.request.service, call.request.method)
        do {
            let found = try self.table.handler(String(buffer: service), String(buffer: method))
                .get()
            switch found {
            case .inPlace(let body):
                let context = CallContext(service: "", method: "", deadline: call.deadline)
                let payload = try body(context, call.request.payload)
                if let status = ServerStream.refusal(responseTo: payload.count) { throw status }
                FrameEncoder.writeResponse(call.stream, payload: payload, into: &self.sent)
            case .unary, .inPlaceOrTask: try self.begin(call, .unary)
            case .serverStreaming: try self.begin(call, .serverStreaming)
            case .clientStreaming: try self.begin(call, .clientStreaming)
            case .bidirectional: try self.begin(call, .bidirectional)
            }
        } catch let status as Status {
            FrameEncoder.writeResponse(call.stream, status: status, into: &self.sent)
        } catch {
            Issue.record(error)
        }
    }

    private mutating func begin(
        _ call: ServerConnection.Call,
        _ shape: ServerStream.Shape
    ) throws {
        if case .reject(let status) = self.connection.begin(call, shape) { throw status }
        guard shape.takesMessages, call.firstMessage(shape) != nil else { return }

        self.delivered.append("\(call.stream.number) message")
    }
}

extension ServerConnection.Arrival {
    var name: String {
        switch self {
        case .message: "message"
        case .lastMessage: "last"
        case .end: "end"
        }
    }
}

extension Frame {
    /// An extension as a test writes it: "hello", "ping", "pong", "goaway CODE up to ID".
    var extensionName: String? {
        if let ping = Ping(self) { return ping.isAnswer ? "pong \(ping.mark)" : "ping" }
        if Hello(self) != nil { return "hello" }
        return GoAway(self).map { "goaway \($0.code.number) up to \($0.lastStream.number)" }
    }
}

extension MethodTable {
    /// "now" echoes in place, "late" as a task, "many" is a stream, "sum" takes one, "chat" does
    /// both, "huge" answers too much.
    static var sample: MethodTable {
        var table = MethodTable()
        table.add("test.Sample", "now", .inPlace { _, payload in payload })
        table.add("test.Sample", "late", .unary { _, payload in payload })
        table.add("test.Sample", "many", .serverStreaming { _, _, _ in })
        table.add("test.Sample", "sum", .clientStreaming { _, _ in Payload() })
        table.add("test.Sample", "chat", .bidirectional { _, _, _ in })
        table.add(
            "test.Sample",
            "huge",
            .inPlace { _, _ in Payload(repeating: 7, count: Limits.frameBodyBytesMax) }
        )
        table.add(
            "test.Sample",
            "picky",
            .inPlace { _, _ throws(Status) in throw Status(.invalidArgument, "no message") }
        )
        return table
    }
}

extension Frame {
    static func request(
        _ stream: UInt32,
        _ method: String,
        flags: Flags = [],
        timeout: Int64 = 0,
        service: String = "test.Sample",
        _ payload: [UInt8] = [1, 2, 3]
    ) -> Frame {
        let request = Request(
            service,
            method,
            payload: Payload(bytes: payload),
            timeoutNanoseconds: timeout
        )
        return Frame(
            stream: StreamID(stream),
            kind: .request,
            flags: flags,
            body: request.encoded()
        )
    }

    static func data(_ stream: UInt32, flags: Flags = [], _ bytes: [UInt8] = [9]) -> Frame {
        Frame(stream: StreamID(stream), kind: .data, flags: flags, body: ByteBuffer(bytes: bytes))
    }

    static func other(_ stream: UInt32, _ kind: UInt8) -> Frame {
        Frame(stream: StreamID(stream), kind: Kind(kind), body: ByteBuffer(bytes: [1]))
    }
}
