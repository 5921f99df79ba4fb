/// One connection as its client sees it: which calls are open, and what each is told.
///
/// Knows frames and ids; no channel, no continuation, no clock. The driver keeps who waits for
/// which id.
package struct ClientConnection: ~Copyable {
    private enum State: Hashable {
        case open
        /// The ids are used up; the calls that are open may end.
        case retired
        case closed(Status)
    }

    package enum OnOpen: Hashable, Sendable {
        /// Write the request with this id.
        case write(StreamID)
        case fail(Status)
    }

    package enum OnFrame: Hashable, Sendable {
        case tell(StreamID, ClientStream.OnFrame)
        /// For a call that is over, was abandoned, or never was.
        case ignore
    }

    private var state = State.open
    private var nextStream = StreamID.first
    private var streams: [StreamID: ClientStream] = [:]

    package init(firstStream: StreamID = .first) {
        precondition(firstStream.isClientInitiated, "a client's ids are odd")
        self.nextStream = firstStream
    }

    /// A frame arrived.
    package mutating func received(_ frame: Frame) -> OnFrame {
        guard let stream = self.streams[frame.stream] else { return .ignore }

        let action = stream.received(frame)
        if ClientStream.isTerminal(action) { self.streams[frame.stream] = nil }
        return .tell(frame.stream, action)
    }

    /// A frame of more than 4 MiB was announced; its body is being skipped.
    package mutating func receivedOversized(_ stream: StreamID, length: Int) -> OnFrame {
        guard self.streams.removeValue(forKey: stream) != nil else { return .ignore }

        let limit = Limits.frameBodyBytesMax
        let status = Status(
            .resourceExhausted,
            "message length \(length) exceed maximum message size of \(limit)"
        )
        return .tell(stream, .fail(status))
    }

    /// A caller wants to begin a call.
    package mutating func open(_ shape: ClientStream.Shape, requestBytes: Int) -> OnOpen {
        switch self.state {
        case .open: break
        case .retired: return .fail(Status(.unavailable, "the connection's ids are used up"))
        case .closed(let status): return .fail(status)
        }
        guard requestBytes <= Limits.frameBodyBytesMax else {
            let limit = Limits.frameBodyBytesMax
            return .fail(
                Status(
                    .resourceExhausted,
                    "message length \(requestBytes) exceed maximum message size of \(limit)"
                )
            )
        }

        let stream = self.nextStream
        self.streams[stream] = ClientStream(shape)
        if stream < Limits.streamIDMax {
            self.nextStream = StreamID(stream.number + 2)
        } else {
            self.state = .retired
        }
        return .write(stream)
    }

    /// A caller waits no longer; what comes for it is ignored.
    ///
    /// Nothing is sent, as ttrpc has no word for it. Returns whether the call was open.
    @discardableResult
    package mutating func abandon(_ stream: StreamID) -> Bool {
        self.streams.removeValue(forKey: stream) != nil
    }

    /// The connection is gone; the calls that fail with it, in the order they began.
    package mutating func closed(_ status: Status) -> [StreamID] {
        switch self.state {
        case .closed: return []
        case .open, .retired: self.state = .closed(status)
        }
        defer { self.streams.removeAll() }
        return self.streams.keys.sorted()
    }

    /// How many calls are open.
    package var openCallsCount: Int { self.streams.count }
}
