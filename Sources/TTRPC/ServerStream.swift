/// One call that a server runs as a task, from its request to the end of its handler.
///
/// Knows what may still be written for it, what may still come, and nothing else: no task, no
/// bytes, no clock. A value that can be copied, as it lives in its connection's table.
package struct ServerStream: Hashable, Sendable {
    /// How many messages go either way.
    package enum Shape: Hashable, Sendable, CaseIterable {
        case unary
        case serverStreaming
        case clientStreaming
        case bidirectional

        /// Whether the answer is one message, in a Response.
        package var isAnsweredOnce: Bool { self == .unary || self == .clientStreaming }
        /// Whether messages follow the request.
        package var takesMessages: Bool { self == .clientStreaming || self == .bidirectional }
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

    package enum OnData: Hashable, Sendable {
        case deliver
        case deliverLast
        /// The caller has said all; there is no message in it.
        case end
        case abort(Status)
        case ignore
    }

    /// What the caller is still owed.
    private enum Output: Hashable {
        case response
        case messages
        /// It has its terminal frame; the handler has not noticed yet.
        case nothing
    }

    /// What the caller may still send.
    private enum Input: Hashable {
        case open
        case closed
    }

    private var output: Output
    private var input: Input

    package init(_ shape: Shape, isInputClosed: Bool = false) {
        self.output = shape.isAnsweredOnce ? .response : .messages
        self.input = shape.takesMessages && !isInputClosed ? .open : .closed
    }

    /// The handler has one more message.
    package func send(payloadBytes: Int) -> OnSend {
        switch self.output {
        case .messages:
            guard let status = Self.refusal(bodyBytes: payloadBytes) else { return .write }
            return .fail(status)
        case .response:
            preconditionFailure("a method with one answer has no stream to send on")
        case .nothing:
            return .fail(Status(.cancelled, "the call is over"))
        }
    }

    /// The caller sent data.
    package mutating func receivedData(hasMessage: Bool, isLast: Bool) -> OnData {
        guard self.output != .nothing else { return .ignore }  // sent before its answer was seen

        switch (self.input, hasMessage) {
        case (.open, true):
            if isLast { self.input = .closed }
            return isLast ? .deliverLast : .deliver
        case (.open, false):
            guard isLast else { return .ignore }

            self.input = .closed
            return .end
        case (.closed, true):
            let text = "the caller's side of the call is closed, no data expected"
            return .abort(Status(.invalidArgument, text))
        case (.closed, false):
            return .ignore  // a caller that opened with remoteOpen ends its side so
        }
    }

    /// The caller must be answered now, whatever the handler is at; whether that is still possible.
    package mutating func abort() -> Bool {
        exchange(&self.output, with: .nothing) != .nothing
    }

    /// The handler came to its end.
    package mutating func handlerEnded(_ outcome: Outcome) -> OnEnd {
        switch (exchange(&self.output, with: .nothing), outcome) {
        case (.nothing, _):
            .ignore
        case (.response, .answered(let payloadBytes)):
            if let status = Self.refusal(responseTo: payloadBytes) {
                .reject(status)
            } else {
                .writeResponse
            }
        case (.messages, .finishedStream):
            .writeEnd
        case (.response, .failed(let status)), (.messages, .failed(let status)):
            .reject(status.sendable)
        case (.response, .finishedStream), (.messages, .answered):
            preconditionFailure("a handler ends as its method is shaped")
        }
    }

    /// Why an answer with a message of that many bytes cannot be sent, if it cannot.
    package static func refusal(responseTo payloadBytes: Int) -> Status? {
        let lengthBytes = PayloadWriter.varintBytes(UInt64(payloadBytes))
        return self.refusal(bodyBytes: payloadBytes == 0 ? 0 : 1 + lengthBytes + payloadBytes)
    }

    /// Why a frame of that many bytes cannot be sent, if it cannot.
    package static func refusal(bodyBytes: Int) -> Status? {
        guard bodyBytes > Limits.frameBodyBytesMax else { return nil }

        return .tooLong(bodyBytes)
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

    /// What is said of a body above the limit, in Go's words; who may send it once it is known
    /// hears of that.
    package static func tooLong(_ bodyBytes: Int) -> Status {
        let isOfStranger = bodyBytes <= Limits.frameBodyBytesMax
        let limit = isOfStranger ? Limits.strangerBodyBytesMax : Limits.frameBodyBytesMax
        return Status(
            .resourceExhausted,
            "message length \(bodyBytes) exceed maximum message size of \(limit)"
                + (isOfStranger ? " before a call by a caller that is known" : "")
        )
    }

    private var encodedBytesAtMost: Int {
        self.details.reduce(64 + self.message.utf8.count) { sum, detail in
            sum + 32 + detail.typeURL.utf8.count + detail.value.count
        }
    }
}
