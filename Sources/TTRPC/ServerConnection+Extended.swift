// What is added to ttrpc, for peers that asked for it (wire.md §2).

extension ServerConnection {
    /// The server is to stop: running calls may end, new ones are refused.
    ///
    /// An extended peer is asked to leave first. What is returned is to be written, in this order;
    /// `leave` follows once the peer has answered, or `Limits.leaveMillisecondsMax` later.
    package mutating func drain() -> [Frame] {
        guard self.state == .serving else { return [] }
        guard self.speaks(.goAway) else {
            self.state = .draining
            return []
        }

        self.state = .leaving
        let goAway = GoAway(Limits.streamIDMax, .noError, "the server stops")
        return [goAway.frame] + (self.speaks(.ping) ? [Ping(Self.leavingMark).frame] : [])
    }

    /// The peer knows that the server stops, or was told so long ago: what it asks for from here
    /// on is not begun.
    package mutating func leave() -> Frame? {
        guard self.state == .leaving else { return nil }

        self.state = .draining
        return GoAway(self.lastStream, .noError, "the server stops").frame
    }

    /// Nothing was heard for long; a ping to write, if the peer answers pings.
    package func ping() -> Frame? {
        self.speaks(.ping) ? Ping(Self.silenceMark).frame : nil
    }

    /// No more calls are begun, without a word: the peer knows, or cannot be told.
    mutating func stopBeginning() {
        switch self.state {
        case .serving, .leaving: self.state = .draining
        case .draining, .halfClosed, .closed: break
        }
    }

    mutating func receivedExtension(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        switch frame.kind {
        case .hello: return self.receivedHello(frame)
        case .cancel: return self.receivedCancel(frame, now: now)
        case .ping: return self.receivedPing(frame, now: now)
        default: return .ignore
        }
    }

    private func speaks(_ feature: Hello.Features) -> Bool {
        guard case .extended(let features) = self.peer else { return false }

        return features.contains(feature)
    }

    /// One HELLO counts; others, and what cannot be read, are ignored like any unknown frame.
    private mutating func receivedHello(_ frame: Frame) -> OnFrame {
        guard self.peer == .stock, let hello = Hello(frame) else { return .ignore }

        self.peer = .extended(hello.features.intersection(.spoken))
        return .write(Hello(self.limits).frame)
    }

    /// A CANCEL may come before a HELLO, after the answer, or for a call that never was.
    private mutating func receivedCancel(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        guard let cancel = Cancel(frame) else { return .ignore }
        guard self.cancels.spend(now: now) else {
            let span = self.limits.cancelsMilliseconds
            let text = "at most \(self.limits.cancelsMax) CANCEL in \(span) ms expected, found more"
            return self.calm(text)
        }
        guard self.streams[cancel.stream] != nil else { return .ignore }

        return self.abort(cancel.stream, Status(.cancelled, "context canceled"))
    }

    private mutating func receivedPing(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        guard self.speaks(.ping), let ping = Ping(frame) else { return .ignore }

        if ping.isAnswer {
            // That of a silence needs nothing more than to have come.
            guard ping.mark == Self.leavingMark, let goAway = self.leave() else { return .ignore }
            return .write(goAway)
        }
        guard self.strikes.tolerate(now: now, self.limits) else {
            let apart = self.limits.pingMillisecondsMin
            return self.calm("pings at least \(apart) ms apart expected, found closer ones")
        }
        return .writeFirst(ping.answer.frame)
    }

    private mutating func calm(_ text: String) -> OnFrame {
        self.stopBeginning()
        guard self.speaks(.goAway) else { return .close(nil) }

        return .close(GoAway(self.lastStream, .enhanceYourCalm, text).frame)
    }

    /// Marks of this side's own pings.
    private static var leavingMark: UInt64 { 0x4C45_4156_494E_4721 }
    private static var silenceMark: UInt64 { 0x4153_4C45_4550_3F21 }
}
