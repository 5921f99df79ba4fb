/// One call as its caller sees it, from its request to its terminal frame.
///
/// Knows what may still come for it, what may still be sent, and nothing else: no task, no clock.
package struct ClientStream: Hashable, Sendable {
    /// How many messages go either way.
    package typealias Shape = ServerStream.Shape

    package enum OnFrame: Hashable, Sendable {
        /// A call with one answer succeeded.
        case complete(Payload)
        /// A stream has one more message.
        case deliver(Payload)
        /// A stream has one more message, and it is the last.
        case deliverLast(Payload)
        /// A stream ended well.
        case end
        case fail(Status)
    }

    package enum OnSend: Hashable, Sendable {
        case write
        case fail(Status)
        /// The call is over, or its caller has said all; what is sent then goes nowhere.
        case ignore
    }

    /// What this side may still send.
    private enum Output: Hashable {
        case open
        case closed
    }

    private let shape: Shape
    private var output: Output

    package init(_ shape: Shape) {
        self.shape = shape
        self.output = shape.takesMessages ? .open : .closed
    }

    /// A frame of this call arrived.
    package func received(_ frame: Frame) -> OnFrame {
        switch frame.kind {
        case .response: self.receivedResponse(frame)
        case .data where self.shape.isAnsweredOnce:
            .fail(Status(.internal, "data in place of one answer: protocol error"))
        case .data: self.receivedData(frame)
        default:
            .fail(
                Status(
                    .internal,
                    "unexpected message of type \(frame.kind.number) received: protocol error"
                )
            )
        }
    }

    /// The caller has one more message.
    package func send(payloadBytes: Int) -> OnSend {
        guard self.output == .open else { return .ignore }
        guard let status = ServerStream.refusal(bodyBytes: payloadBytes) else { return .write }

        return .fail(status)
    }

    /// The caller has said all.
    package mutating func finish() -> OnSend {
        exchange(&self.output, with: .closed) == .open ? .write : .ignore
    }

    /// How a request of this shape opens its call: what Rust sends, as some servers take a
    /// request without noData for a first message (wire.md §1.7).
    package static func flags(_ shape: Shape) -> Frame.Flags {
        switch shape {
        case .unary: []
        case .serverStreaming: .remoteClosed
        case .clientStreaming, .bidirectional: [.remoteOpen, .noData]
        }
    }

    /// Whether nothing may follow.
    package static func isTerminal(_ action: OnFrame) -> Bool {
        switch action {
        case .complete, .deliverLast, .end, .fail: true
        case .deliver: false
        }
    }

    private func receivedResponse(_ frame: Frame) -> OnFrame {
        let response: Response
        do {
            response = try Response(decoding: frame.body)
        } catch {
            return .fail(error)
        }

        if let status = response.status { return .fail(status) }
        if self.shape.isAnsweredOnce { return .complete(response.payload) }
        return response.payload.count == 0 ? .end : .deliverLast(response.payload)
    }

    private func receivedData(_ frame: Frame) -> OnFrame {
        let isLast = frame.flags.contains(.remoteClosed)
        return switch (frame.hasMessage, isLast) {
        case (true, true): .deliverLast(Payload(frame.body))
        case (true, false): .deliver(Payload(frame.body))
        case (false, true): .end
        case (false, false): .fail(Status(.internal, "a frame of nothing: protocol error"))
        }
    }
}
