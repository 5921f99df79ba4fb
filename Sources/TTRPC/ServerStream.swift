/// One call that a server runs as a task, from its request to the end of its handler.
///
/// Knows what may still be written for it and nothing else: no task, no bytes, no clock. A value
/// that can be copied, as it lives in its connection's table.
package struct ServerStream: Hashable, Sendable {
    /// What the method answers with.
    package enum Shape: Hashable, Sendable {
        case unary
        case serverStreaming
    }

    /// How a handler came to its end.
    package enum Outcome: Hashable, Sendable {
        case answered(payloadBytes: Int)
        case finishedStream
        case failed(Status)
    }

    package enum OnEnd: Hashable, Sendable {
        case writeResponse
        case writeEnd
        case reject(Status)
        /// The caller has its answer already: the deadline passed, or it broke the protocol.
        case ignore
    }

    package enum OnSend: Hashable, Sendable {
        case write
        case fail(Status)
    }

    private enum State: Hashable {
        /// The caller waits.
        case answering(Shape)
        /// The caller has its terminal frame; the handler has not noticed yet.
        case answered
    }

    private var state: State

    package init(_ shape: Shape) {
        self.state = .answering(shape)
    }

    /// The handler has one more message.
    package func send(payloadBytes: Int) -> OnSend {
        switch self.state {
        case .answering(.serverStreaming):
            guard let status = Self.refusal(bodyBytes: payloadBytes) else { return .write }
            return .fail(status)
        case .answering(.unary):
            preconditionFailure("a unary method has no stream to send on")
        case .answered:
            return .fail(Status(.cancelled, "the call is over"))
        }
    }

    /// The caller must be answered now, whatever the handler is at; whether that is still possible.
    package mutating func abort() -> Bool {
        switch exchange(&self.state, with: .answered) {
        case .answering: true
        case .answered: false
        }
    }

    /// The handler came to its end.
    package mutating func handlerEnded(_ outcome: Outcome) -> OnEnd {
        switch (exchange(&self.state, with: .answered), outcome) {
        case (.answered, _):
            .ignore
        case (.answering(.unary), .answered(let payloadBytes)):
            if let status = Self.refusal(responseTo: payloadBytes) {
                .reject(status)
            } else {
                .writeResponse
            }
        case (.answering(.serverStreaming), .finishedStream):
            .writeEnd
        case (.answering, .failed(let status)):
            .reject(status.sendable)
        case (.answering(.unary), .finishedStream), (.answering(.serverStreaming), .answered):
            preconditionFailure("a handler ends as its method is shaped")
        }
    }

    /// Why an answer with a message of that many bytes cannot be sent, if it cannot.
    package static func refusal(responseTo payloadBytes: Int) -> Status? {
        let lengthBytes = PayloadWriter.varintBytes(UInt64(payloadBytes))
        return self.refusal(bodyBytes: payloadBytes == 0 ? 0 : 1 + lengthBytes + payloadBytes)
    }

    private static func refusal(bodyBytes: Int) -> Status? {
        guard bodyBytes > Limits.frameBodyBytesMax else { return nil }

        let limit = Limits.frameBodyBytesMax
        return Status(
            .resourceExhausted,
            "message length \(bodyBytes) exceed maximum message size of \(limit)"
        )
    }
}

extension Status {
    /// This status, or what stands for it if it says "ok" or does not fit a frame.
    package var sendable: Status {
        guard self.code != .ok else { return Status(.internal, "a handler threw ok") }
        guard self.encodedBytesAtMost <= Limits.frameBodyBytesMax else {
            return Status(self.code, "")
        }

        return self
    }

    private var encodedBytesAtMost: Int {
        self.details.reduce(64 + self.message.utf8.count) { sum, detail in
            sum + 32 + detail.typeURL.utf8.count + detail.value.count
        }
    }
}
