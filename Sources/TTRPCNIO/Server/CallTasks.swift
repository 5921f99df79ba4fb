internal import NIOCore
internal import TTRPC

/// The tasks of one connection's calls: the only place where a call becomes a task.
///
/// Every task starts on its connection's thread at once, stays there, and is gone before its
/// connection counts as ended. Deadlines are timers of the same loop.
final class CallTasks {
    /// How a handler came to its end.
    enum Outcome: Sendable {
        case answered(Payload)
        case finishedStream
        case failed(Status)

        var withoutPayload: ServerStream.Outcome {
            switch self {
            case .answered(let payload): .answered(payloadBytes: payload.count)
            case .finishedStream: .finishedStream
            case .failed(let status): .failed(status)
            }
        }
    }

    /// What a call runs.
    enum Body: Sendable {
        case unary(MethodTable.UnaryBody)
        case serverStreaming(MethodTable.StreamingBody)
        case clientStreaming(MethodTable.CollectingBody)
        case bidirectional(MethodTable.ConversingBody)

        var shape: ServerStream.Shape {
            switch self {
            case .unary: .unary
            case .serverStreaming: .serverStreaming
            case .clientStreaming: .clientStreaming
            case .bidirectional: .bidirectional
            }
        }

        func run(
            _ context: CallContext,
            _ payload: Payload,
            _ requests: RequestStream,
            _ responses: ResponseStream
        ) async -> Outcome {
            do throws(Status) {
                switch self {
                case .unary(let body): return .answered(try await body(context, payload))
                case .serverStreaming(let body):
                    try await body(context, payload, responses)
                    return .finishedStream
                case .clientStreaming(let body): return .answered(try await body(context, requests))
                case .bidirectional(let body):
                    try await body(context, requests, responses)
                    return .finishedStream
                }
            } catch {
                return .failed(error)
            }
        }
    }

    private enum Call {
        /// Its body runs up to where it first waits, inside `start`.
        case starting(Metadata)
        /// Cancelled before there was a task to cancel.
        case cancelled(Metadata)
        case running(Task<Void, Never>, deadline: Scheduled<Void>?, Metadata)

        var metadata: Metadata {
            switch self {
            case .starting(let metadata), .cancelled(let metadata), .running(_, _, let metadata):
                metadata
            }
        }
    }

    private let loop: any EventLoop
    private let executor: EventLoopExecutor
    private var calls: [StreamID: Call] = [:]

    init(on loop: any EventLoop) {
        self.loop = loop
        self.executor = EventLoopExecutor(loop)
    }

    var isEmpty: Bool { self.calls.isEmpty }

    /// Runs `body`; `handler` is told of its end, and of its deadline if that comes first.
    ///
    /// A body that does not wait has ended when this returns.
    func start(
        _ call: ServerConnection.Call,
        _ context: CallContext,
        for handler: ServerHandler,
        _ body: Body
    ) {
        let stream = call.stream
        let payload = call.request.payload
        let loop = self.loop
        self.calls[stream] = .starting(context.metadata)
        let bound = NIOLoopBound(handler, eventLoop: loop)
        let requests = RequestStream(on: stream, of: bound, loop: loop)
        let responses = ResponseStream(on: stream, of: bound, loop: loop)
        let task = Task.immediate(executorPreference: self.executor) {
            let outcome = await body.run(context, payload, requests, responses)
            // A handler that left the loop and came back is on it again; one that ends in a
            // foreign executor is not.
            if loop.inEventLoop {
                bound.value.callEnded(stream, outcome)
            } else {
                loop.execute { bound.value.callEnded(stream, outcome) }
            }
        }

        switch self.calls[stream] {
        case nil: break  // ended without waiting
        case .cancelled(let metadata):
            self.calls[stream] = .running(task, deadline: nil, metadata)
            task.cancel()
        case .starting(let metadata), .running(_, _, let metadata):
            let timer = call.deadline.map { deadline in
                loop.scheduleTask(deadline: .uptimeNanoseconds(deadline.nanoseconds)) {
                    bound.value.deadlinePassed(stream)
                }
            }
            self.calls[stream] = .running(task, deadline: timer, metadata)
        }
    }

    /// What came beside the request of a call that has not ended; of any other nothing.
    func metadata(of stream: StreamID) -> Metadata {
        self.calls[stream]?.metadata ?? Metadata()
    }

    /// Forgets a call that came to its end.
    func ended(_ stream: StreamID) {
        if case .running(_, let timer, _) = self.calls.removeValue(forKey: stream) {
            timer?.cancel()
        }
    }

    func cancel(_ stream: StreamID) {
        switch self.calls[stream] {
        case .starting(let metadata): self.calls[stream] = .cancelled(metadata)
        case .running(let task, let timer, _):
            timer?.cancel()
            task.cancel()
        case .cancelled, nil: break
        }
    }

    func cancelAll() {
        for stream in Array(self.calls.keys) { self.cancel(stream) }
    }
}
