/// One connection as its server sees it: which calls there may be, and what is owed to each.
///
/// Knows frames, ids and limits; no channel, no task, no method, no clock. Events go in, actions
/// come out, and the driver does them in the order given.
package struct ServerConnection: ~Copyable {
    enum State: Hashable {
        case serving
        /// An extended peer was told that the end is near; until it has heard of it, it is served.
        case leaving
        /// No new call is begun; late ones are told so.
        case draining
        /// The peer has closed its side; what it asked for before, read or not, is answered.
        case halfClosed
        case closed
    }

    /// What the peer understands.
    enum Peer: Hashable {
        /// Plain ttrpc; it is never sent anything else.
        case stock
        /// It has sent HELLO; what both sides speak.
        case extended(Hello.Features)
    }

    /// A request that may be answered.
    package struct Call: Hashable, Sendable {
        package var stream: StreamID
        package var request: Request
        package var deadline: MonotonicInstant?
        /// Whether the caller said that nothing follows.
        package var isInputClosed = false

        /// The message in the request, if that is one for a method of this shape: who opens a
        /// stream need not send anything with it.
        package func firstMessage(_ shape: ServerStream.Shape) -> Payload? {
            shape.takesMessages && self.request.payload.count == 0 ? nil : self.request.payload
        }
    }

    /// What a caller that streams has sent.
    package enum Arrival: Hashable, Sendable {
        case message(Payload)
        case lastMessage(Payload)
        case end
    }

    package enum OnFrame: Hashable, Sendable {
        /// Run the method: in place, or after `begin`.
        case call(Call)
        /// Hand this to the handler of that call.
        case deliver(StreamID, Arrival)
        /// Write a Response with this status; nothing runs for that id.
        case reject(StreamID, Status)
        /// Write a Response with this status and cancel what runs for that id.
        case abort(StreamID, Status)
        /// Write this frame.
        case write(Frame)
        /// Write this frame before all that waits to be written.
        case writeFirst(Frame)
        /// Write this, if it is anything, and close: the peer asks too much.
        case close(Frame?)
        case ignore
    }

    package enum OnBegin: Hashable, Sendable {
        case run
        case reject(Status)
    }

    package enum OnTimeout: Hashable, Sendable {
        case abort(Status)
        /// The call ended in the same tick as its timer.
        case ignore
    }

    package enum OnPeerClosed: Hashable, Sendable {
        /// Answer what was received, then close.
        case answer
        /// Close at once: that cancels what runs.
        case close
    }

    package enum OnIdle: Hashable, Sendable {
        case stay
        case close
        /// Close when nothing has been asked for `Limits.drainQuietMilliseconds`.
        case closeAfterQuiet
    }

    var state = State.serving
    var peer = Peer.stock
    var lastStream = StreamID(0)
    var streams: [StreamID: ServerStream] = [:]
    var told = RecentStreams()
    var cancels: SlidingBudget
    var strikes = PingStrikes()
    let limits: Limits

    package init(limits: Limits = Limits()) {
        self.limits = limits
        self.cancels = SlidingBudget(limits.cancelsMax, milliseconds: limits.cancelsMilliseconds)
    }

    /// The driver found a method that runs as a task.
    package mutating func begin(_ call: Call, _ shape: ServerStream.Shape) -> OnBegin {
        precondition(self.streams[call.stream] == nil, "a call begins once")
        guard self.streams.count < self.limits.runningCallsMax else {
            let limit = self.limits.runningCallsMax
            return .reject(Status(.resourceExhausted, "\(limit) calls run on this connection"))
        }

        self.streams[call.stream] = ServerStream(shape, isInputClosed: call.isInputClosed)
        return .run
    }

    /// A streaming handler has one more message.
    package mutating func send(_ stream: StreamID, payloadBytes: Int) -> ServerStream.OnSend {
        self.strikes.forget()
        return self.streams[stream]?.send(payloadBytes: payloadBytes)
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

        self.strikes.forget()
        return ended.handlerEnded(outcome)
    }

    /// The deadline of a call that runs as a task has passed.
    package mutating func deadlinePassed(_ stream: StreamID) -> OnTimeout {
        self.timedOut(stream, Self.deadlineExceeded)
    }

    /// The handler of a call has left what its caller sent unread for too long.
    package mutating func inputUnread(_ stream: StreamID) -> OnTimeout {
        let waited = self.limits.unreadMillisecondsMax
        let text = "the messages sent expected to be read, found unread after \(waited) ms"
        return self.timedOut(stream, Status(.resourceExhausted, text))
    }

    /// Whether the peer has said that it speaks more than plain ttrpc.
    package var isExtended: Bool { if case .extended = self.peer { true } else { false } }

    /// The peer will send nothing more.
    ///
    /// A stock peer may still read what it asked for. An extended one says what it gives up, and
    /// closes when it goes: nobody waits for its calls.
    package mutating func peerClosed() -> OnPeerClosed {
        if case .extended = self.peer { return .close }

        switch self.state {
        case .serving, .leaving, .draining: self.state = .halfClosed
        case .halfClosed, .closed: break
        }
        return .answer
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
        case .serving, .leaving: .stay
        case .draining: .closeAfterQuiet
        case .halfClosed, .closed: .close
        }
    }

    static var deadlineExceeded: Status {
        Status(.deadlineExceeded, "context deadline exceeded")
    }

    private mutating func timedOut(_ stream: StreamID, _ status: Status) -> OnTimeout {
        guard self.streams[stream]?.abort() == true else { return .ignore }

        self.told.insert(stream)
        return .abort(status)
    }

    /// Ends a call that may be running, so that its id has one terminal frame and not two.
    mutating func abort(_ stream: StreamID, _ status: Status) -> OnFrame {
        guard self.streams[stream] != nil else { return .reject(stream, status) }
        guard self.streams[stream]?.abort() == true else { return .ignore }

        self.told.insert(stream)
        return .abort(stream, status)
    }
}

/// The last few ids that were told that they are not open.
struct RecentStreams {
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
