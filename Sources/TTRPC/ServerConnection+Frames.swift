extension ServerConnection {
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
            // What is no extension is ignored, as every stock server does.
            return self.receivedExtension(frame, now: now)
        }
    }

    /// A frame of more than its sender may send was announced; its body is being skipped.
    package mutating func receivedOversized(_ stream: StreamID, length: Int) -> OnFrame {
        self.receivedSkipped(stream, .tooLong(length))
    }

    /// A frame was begun that is not taken in; its body is being skipped.
    package mutating func receivedSkipped(_ stream: StreamID, _ status: Status) -> OnFrame {
        guard self.state != .closed else { return .ignore }

        if self.streams[stream] != nil { return self.abort(stream, status) }
        // An id that no call may have uses none up.
        if stream.isOfCall { self.lastStream = max(self.lastStream, stream) }
        return .reject(stream, status)
    }

    private var mayCall: Bool {
        switch self.state {
        case .serving, .leaving, .halfClosed: true
        case .draining, .closed: false
        }
    }

    private mutating func receivedRequest(_ frame: Frame, now: MonotonicInstant) -> OnFrame {
        self.strikes.forget()
        guard frame.stream > self.lastStream else {
            return self.abort(
                frame.stream,
                Status(.invalidArgument, "StreamID cannot be re-used and must increment")
            )
        }
        self.lastStream = frame.stream
        if frame.stream > Limits.streamIDMax { self.stopBeginning() }
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
        return .call(
            Call(
                stream: frame.stream,
                request: request,
                deadline: deadline,
                isInputClosed: frame.flags.contains(.remoteClosed)
            )
        )
    }

    private mutating func receivedData(_ frame: Frame) -> OnFrame {
        let isLast = frame.flags.contains(.remoteClosed)
        let found = self.streams[frame.stream]?.receivedData(
            hasMessage: frame.hasMessage,
            isLast: isLast
        )
        guard let found else {
            guard self.told.insert(frame.stream) else { return .ignore }

            return .reject(
                frame.stream,
                Status(.invalidArgument, "StreamID is no longer active")
            )
        }

        self.strikes.forget()
        switch found {
        case .deliver: return .deliver(frame.stream, .message(Payload(frame.body)))
        case .deliverLast: return .deliver(frame.stream, .lastMessage(Payload(frame.body)))
        case .end: return .deliver(frame.stream, .end)
        case .abort(let status): return self.abort(frame.stream, status)
        case .ignore: return .ignore
        }
    }
}
