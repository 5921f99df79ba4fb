/// One call as its caller sees it, from its request to its terminal frame.
///
/// Knows what may still come for it and nothing else: no task, no clock.
package struct ClientStream: Hashable, Sendable {
    /// What the method answers with.
    package typealias Shape = ServerStream.Shape

    package enum OnFrame: Hashable, Sendable {
        /// A unary call succeeded.
        case complete(Payload)
        /// A stream has one more message.
        case deliver(Payload)
        /// A stream has one more message, and it is the last.
        case deliverLast(Payload)
        /// A stream ended well.
        case end
        case fail(Status)
    }

    private let shape: Shape

    package init(_ shape: Shape) {
        self.shape = shape
    }

    /// A frame of this call arrived.
    package func received(_ frame: Frame) -> OnFrame {
        switch (frame.kind, self.shape) {
        case (.response, _): self.receivedResponse(frame)
        case (.data, .serverStreaming): self.receivedData(frame)
        case (.data, .unary): .fail(Status(.internal, "data on a unary call: protocol error"))
        default:
            .fail(
                Status(
                    .internal,
                    "unexpected message of type \(frame.kind.number) received: protocol error"
                )
            )
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
        return switch self.shape {
        case .unary: .complete(response.payload)
        case .serverStreaming: response.payload.count == 0 ? .end : .deliverLast(response.payload)
        }
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
