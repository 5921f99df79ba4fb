/// One connection as its server sees it: which calls there may be, and what is owed to each.
///
/// Knows frames, ids and limits; no channel, no task, no method, no clock. Events go in, actions
/// come out, and the driver does them in the order given.
package struct ServerConnection: ~Copyable {
    private enum State: Hashable {
        case serving
        /// No new call is begun; late ones are told so.
        case draining
        /// The peer has closed its side; what it asked for before, read or not, is answered.
        case halfClosed
        case closed
    }

    /// A request that may be answered.
    package struct Call: Hashable, Sendable {
        package var stream: StreamID
        package var request: Request
        package var deadline: MonotonicInstant?
    }

    package enum OnFrame: Hashable, Sendable {
        /// Run the method: in place, or after `begin`.
        case call(Call)
        /// Write a Response with this status; nothing runs for that id.
        case reject(StreamID, Status)
        /// Write a Response with this status and cancel what runs for that id.
        case abort(StreamID, Status)
        case ignore
    }

    package enum OnBegin: Hashable, Sendable {
        case run
        case reject(Status)
    }

    package enum OnDeadline: Hashable, Sendable {
        case abort(Status)
        /// The call ended in the same tick as its timer.
        case ignore
    }

    package enum OnIdle: Hashable, Sendable {
        case stay
        case close
        /// Close when nothing has been asked for `Limits.drainQuietMilliseconds`.
        case closeAfterQuiet
    }

    private var state = State.serving
    private var lastStream = StreamID(0)
    private var streams: [StreamID: ServerStream] = [:]
    private var told = RecentStreams()
    private let limits: Limits

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// A frame arrived.
    package mutating func received(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        guard self.state != .closed else { return .ignore }

        switch frame.kind {
        case .request where frame.stream.isClientInitiated:
            return self.receivedRequest(frame, now: now)
        case .data where frame.stream.isClientInitiated:
            return self.receivedData(frame)
        case .response where frame.stream.isClientInitiated:
            return .ignore
        case .request, .data, .response:
            let text = "StreamID must be odd for client initiated streams"
            return .reject(frame.stream, Status(.invalidArgument, text))
        default:
            return .ignore  // as every stock server does; extensions rest on it
        }
    }

    /// A frame of more than 4 MiB was announced; its body is being skipped.
    package mutating func receivedOversized(_ stream: StreamID, length: Int) -> OnFrame {
        guard self.state != .closed else { return .ignore }

        let limit = Limits.frameBodyBytesMax
        let status = Status(
            .resourceExhausted,
            "message length \(length) exceed maximum message size of \(limit)"
        )
        if self.streams[stream] != nil { return self.abort(stream, status) }
        if stream.isClientInitiated { self.lastStream = max(self.lastStream, stream) }
        return .reject(stream, status)
    }

    /// The driver found a method that runs as a task.
    package mutating func begin(_ stream: StreamID, _ shape: ServerStream.Shape) -> OnBegin {
        precondition(self.streams[stream] == nil, "a call begins once")
        guard self.streams.count < self.limits.runningCallsMax else {
            let limit = self.limits.runningCallsMax
            return .reject(Status(.resourceExhausted, "\(limit) calls run on this connection"))
        }

        self.streams[stream] = ServerStream(shape)
        return .run
    }

    /// A streaming handler has one more message.
    package func send(_ stream: StreamID, payloadBytes: Int) -> ServerStream.OnSend {
        self.streams[stream]?.send(payloadBytes: payloadBytes)
            ?? .fail(Status(.cancelled, "the call is over"))
    }

    /// A handler came to its end.
    package mutating func handlerEnded(
        _ stream: StreamID,
        _ outcome: ServerStream.Outcome
    ) -> ServerStream.OnEnd {
        guard var ended = self.streams.removeValue(forKey: stream) else {
            return .ignore  // the connection closed first
        }

        return ended.handlerEnded(outcome)
    }

    /// The deadline of a call that runs as a task has passed.
    package mutating func deadlinePassed(_ stream: StreamID) -> OnDeadline {
        guard self.streams[stream]?.abort() == true else { return .ignore }

        self.told.insert(stream)
        return .abort(Self.deadlineExceeded)
    }

    /// The server is to stop: running calls may end, new ones are refused.
    package mutating func drain() {
        switch self.state {
        case .serving: self.state = .draining
        case .draining, .halfClosed, .closed: break
        }
    }

    /// The peer will send nothing more.
    package mutating func peerClosed() {
        switch self.state {
        case .serving, .draining: self.state = .halfClosed
        case .halfClosed, .closed: break
        }
    }

    /// The connection is gone; every handler that still runs is to be cancelled.
    package mutating func closed() {
        self.state = .closed
        self.streams.removeAll()
    }

    /// What to do now that nothing more can be done for the moment.
    package var onIdle: OnIdle {
        guard self.streams.isEmpty else { return .stay }

        return switch self.state {
        case .serving: .stay
        case .draining: .closeAfterQuiet
        case .halfClosed, .closed: .close
        }
    }

    /// How many handlers run as tasks.
    package var runningCallsCount: Int { self.streams.count }

    private static var deadlineExceeded: Status {
        Status(.deadlineExceeded, "context deadline exceeded")
    }

    private var mayCall: Bool {
        switch self.state {
        case .serving, .halfClosed: true
        case .draining, .closed: false
        }
    }

    private mutating func receivedRequest(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        guard frame.stream > self.lastStream else {
            return self.abort(
                frame.stream,
                Status(.invalidArgument, "StreamID cannot be re-used and must increment")
            )
        }
        self.lastStream = frame.stream
        if frame.stream > Limits.streamIDMax { self.drain() }
        guard self.mayCall, frame.stream <= Limits.streamIDMax else {
            return .reject(frame.stream, Status(.unavailable, "the connection is closing"))
        }

        let request: Request
        do {
            request = try Request(decoding: frame.body, limits: self.limits)
        } catch {
            return .reject(frame.stream, error)
        }
        guard request.timeoutNanoseconds >= 0 else {
            return .reject(frame.stream, Self.deadlineExceeded)
        }

        var deadline: MonotonicInstant?
        if request.timeoutNanoseconds > 0 {
            let left = min(UInt64(request.timeoutNanoseconds), self.limits.timeoutNanosecondsMax)
            deadline = MonotonicInstant(nanoseconds: now.nanoseconds + left)
        }
        return .call(Call(stream: frame.stream, request: request, deadline: deadline))
    }

    private mutating func receivedData(_ frame: Frame) -> OnFrame {
        if self.streams[frame.stream] != nil {
            // A caller that opened with remoteOpen ends its side so; there is no message in it.
            guard frame.hasMessage else { return .ignore }

            let text = "the method takes no data after its request"
            return self.abort(frame.stream, Status(.invalidArgument, text))
        }
        guard self.told.insert(frame.stream) else { return .ignore }

        return .reject(frame.stream, Status(.invalidArgument, "StreamID is no longer active"))
    }

    /// Ends a call that may be running, so that its id has one terminal frame and not two.
    private mutating func abort(_ stream: StreamID, _ status: Status) -> OnFrame {
        guard self.streams[stream] != nil else { return .reject(stream, status) }
        guard self.streams[stream]?.abort() == true else { return .ignore }

        self.told.insert(stream)
        return .abort(stream, status)
    }
}

/// The last few ids that were told that they are not open.
private struct RecentStreams {
    private var streams: [StreamID] = []
    private var next = 0

    /// Adds an id; false if it is here already.
    @discardableResult
    mutating func insert(_ stream: StreamID) -> Bool {
        guard !self.streams.contains(stream) else { return false }
        guard self.streams.count == Limits.toldStreamsMax else {
            self.streams.append(stream)
            return true
        }

        self.streams[self.next] = stream
        self.next = (self.next + 1) % Limits.toldStreamsMax
        return true
    }
}
