/// One connection as its client sees it: which calls are open, and what each is told.
///
/// Knows frames and ids; no channel, no continuation, no clock. The driver keeps who waits for
/// which id.
package struct ClientConnection: ~Copyable {
    private enum State: Hashable {
        case open
        /// The ids are used up, or the server is leaving; the calls that are open may end.
        case retired
        case closed(Status)
    }

    /// What the server understands.
    private enum Peer: Hashable {
        /// It was not greeted yet.
        case unknown
        /// It was greeted and has not answered: a stock server never does.
        case greeted
        case extended(Hello)
    }

    package enum OnOpen: Hashable, Sendable {
        /// Write these frames, if any, and the request with this id.
        case write(StreamID, before: [Frame])
        case fail(Status)
        /// This connection begins no more calls; another one may.
        case elsewhere
    }

    package enum OnFrame: Hashable, Sendable {
        case tell(StreamID, ClientStream.OnFrame)
        /// Write this frame before all that waits to be written.
        case writeFirst(Frame)
        /// The server leaves. It has not begun these calls, in order; they may be made elsewhere.
        case notBegun([StreamID])
        /// For a call that is over, was abandoned, or never was.
        case ignore
    }

    private var state = State.open
    private var peer = Peer.unknown
    private var nextStream = StreamID.first
    private var streams: [StreamID: ClientStream] = [:]
    private var cancels: SlidingBudget
    private let limits: Limits

    package init(firstStream: StreamID = .first, limits: Limits = Limits()) {
        precondition(firstStream.isClientInitiated, "a client's ids are odd")
        self.nextStream = firstStream
        self.limits = limits
        self.cancels = SlidingBudget(
            limits.cancelsSentMax,
            milliseconds: limits.cancelsMilliseconds
        )
    }

    /// A frame arrived.
    package mutating func received(_ frame: Frame) -> OnFrame {
        if frame.stream == .connection { return self.receivedExtension(frame) }
        guard let stream = self.streams[frame.stream] else { return .ignore }

        let action = stream.received(frame)
        if ClientStream.isTerminal(action) { self.streams[frame.stream] = nil }
        return .tell(frame.stream, action)
    }

    /// A frame of more than 4 MiB was announced; its body is being skipped.
    package mutating func receivedOversized(_ stream: StreamID, length: Int) -> OnFrame {
        guard self.streams.removeValue(forKey: stream) != nil else { return .ignore }

        return .tell(stream, .fail(.tooLong(length)))
    }

    /// A caller wants to begin a call; the first one greets the server.
    package mutating func open(_ shape: ClientStream.Shape, requestBytes: Int) -> OnOpen {
        switch self.state {
        case .open: break
        case .retired: return .elsewhere
        case .closed(let status): return .fail(status)
        }
        if let status = ServerStream.refusal(bodyBytes: requestBytes) { return .fail(status) }

        let stream = self.nextStream
        self.streams[stream] = ClientStream(shape)
        if stream < Limits.streamIDMax {
            self.nextStream = StreamID(stream.number + 2)
        } else {
            self.state = .retired
        }
        guard self.peer == .unknown else { return .write(stream, before: []) }

        self.peer = .greeted
        return .write(stream, before: [Hello(self.limits).frame])
    }

    /// A caller has one more message.
    package func send(_ stream: StreamID, payloadBytes: Int) -> ClientStream.OnSend {
        self.streams[stream]?.send(payloadBytes: payloadBytes) ?? .ignore
    }

    /// A caller has said all.
    package mutating func finish(_ stream: StreamID) -> ClientStream.OnSend {
        self.streams[stream]?.finish() ?? .ignore
    }

    /// A caller waits no longer; what comes for it is ignored.
    ///
    /// Returns what tells the server, which a stock one ignores. Above the budget nothing does:
    /// the call runs to its end there.
    package mutating func abandon(
        _ stream: StreamID,
        _ reason: Cancel.Reason,
        now: MonotonicInstant
    ) -> Frame? {
        guard self.streams.removeValue(forKey: stream) != nil, self.cancels.spend(now: now) else {
            return nil
        }

        return Cancel(stream, reason).frame
    }

    /// The connection is gone; the calls that fail with it, in the order they began.
    package mutating func closed(_ status: Status) -> [StreamID] {
        switch self.state {
        case .closed: return []
        // By one that has carried nothing nothing was lost.
        case .open: self.state = self.peer == .unknown ? .retired : .closed(status)
        case .retired: break  // it was left in order: calls still go elsewhere
        }
        defer { self.streams.removeAll() }
        return self.streams.keys.sorted()
    }

    /// A ping to write, when calls are open and the server answers pings.
    package func ping() -> Frame? {
        self.streams.isEmpty || self.pingMillisecondsMin == nil ? nil : Ping(0).frame
    }

    /// How far apart the server wants pings to be; `nil` when it is not to be pinged.
    package var pingMillisecondsMin: UInt64? {
        guard case .extended(let hello) = self.peer, hello.features.contains(.ping) else {
            return nil
        }

        return hello.pingMillisecondsMin
    }

    /// Whether it begins no more calls.
    package var isRetired: Bool { self.state != .open }

    /// How many calls are open.
    package var openCallsCount: Int { self.streams.count }

    private mutating func receivedExtension(_ frame: Frame) -> OnFrame {
        switch self.peer {
        case .unknown: return .ignore
        case .greeted:
            guard let hello = Hello(frame) else { return .ignore }

            self.peer = .extended(hello)
            return .ignore
        case .extended(let hello):
            if let ping = Ping(frame), !ping.isAnswer, hello.features.contains(.ping) {
                return .writeFirst(ping.answer.frame)
            }
            if let goAway = GoAway(frame), hello.features.contains(.goAway) {
                return self.receivedGoAway(goAway)
            }
            return .ignore
        }
    }

    /// The first says that no more calls are wanted, the second which ones were not begun.
    private mutating func receivedGoAway(_ goAway: GoAway) -> OnFrame {
        if case .closed = self.state { return .ignore }

        self.state = .retired
        let notBegun = self.streams.keys.filter { $0 > goAway.lastStream }.sorted()
        for stream in notBegun { self.streams[stream] = nil }
        return .notBegun(notBegun)
    }
}
