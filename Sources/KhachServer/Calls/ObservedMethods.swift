internal import CoreMetrics
internal import KhachCore
internal import KhachService
internal import Logging
internal import TTRPC

/// Every method with its time and its outcome counted, and told of where it is worth a line.
///
/// Sees codes, times and names of calls; nothing of what is asked or answered, so nothing personal
/// is logged.
struct ObservedMethods: Sendable {
    let metrics: ServerMetrics
    let log: CallLog

    func table(_ methods: MethodTable) throws(Status) -> MethodTable {
        var table = MethodTable()
        for name in methods.names {
            let parts = name.split(separator: "/").map(String.init)
            let handler = try methods.handler(parts[0], parts[1]).get()
            let call = ObservedCall(
                method: name,
                metrics: self.metrics.calls(of: name),
                refusedFor: self.metrics.refused(for:),
                log: self.log
            )
            table.add(parts[0], parts[1], call.observed(handler))
        }
        return table
    }
}

/// What is seen of the calls of one method.
private struct ObservedCall: Sendable {
    let method: String
    let metrics: CallMetrics
    let refusedFor: @Sendable (String) -> Void
    let log: CallLog

    func observed(_ handler: MethodTable.Handler) -> MethodTable.Handler {
        switch handler {
        case .inPlace(let body):
            .inPlace { (context, payload) throws(Status) in
                try self.inPlace(context) { () throws(Status) in try body(context, payload) }
            }
        case .inPlaceOrTask(let body, let fallback):
            .inPlaceOrTask(
                { (context, payload) throws(Status) in
                    try self.inPlaceOrLater(context) { () throws(Status) in
                        try body(context, payload)
                    }
                },
                self.task(fallback)
            )
        case .unary(let body): .unary(self.task(body))
        case .serverStreaming(let body):
            .serverStreaming { (context, payload, responses) async throws(Status) in
                try await self.task(context, hasOneAnswer: false) { () async throws(Status) in
                    try await body(context, payload, responses)
                }
            }
        case .clientStreaming(let body):
            .clientStreaming { (context, requests) async throws(Status) in
                try await self.task(context, hasOneAnswer: false) { () async throws(Status) in
                    try await body(context, requests)
                }
            }
        case .bidirectional(let body):
            .bidirectional { (context, requests, responses) async throws(Status) in
                try await self.task(context, hasOneAnswer: false) { () async throws(Status) in
                    try await body(context, requests, responses)
                }
            }
        }
    }

    // MARK: In place

    private func inPlace(
        _ context: CallContext,
        _ body: () throws(Status) -> Payload
    ) throws(Status) -> Payload {
        let begun = Clocks.monotonicNow()
        do throws(Status) {
            let reply = try body()
            self.answered(context, begun)
            return reply
        } catch {
            throw self.refused(error, context, begun, self.trace(context))
        }
    }

    /// `nil` is no outcome: the call goes on as a task.
    private func inPlaceOrLater(
        _ context: CallContext,
        _ body: () throws(Status) -> Payload?
    ) throws(Status) -> Payload? {
        let begun = Clocks.monotonicNow()
        do throws(Status) {
            let reply = try body()
            if reply != nil { self.answered(context, begun) }
            return reply
        } catch {
            throw self.refused(error, context, begun, self.trace(context))
        }
    }

    /// Of a call in place whether it is recorded is decided at its end: it has no steps.
    private func answered(_ context: CallContext, _ begun: MonotonicInstant) {
        self.answered(context, begun, self.trace(context), hasOneAnswer: true)
    }

    // MARK: Tasks

    private func task(_ body: @escaping MethodTable.UnaryBody) -> MethodTable.UnaryBody {
        { (context, payload) async throws(Status) in
            try await self.task(context, hasOneAnswer: true) { () async throws(Status) in
                try await body(context, payload)
            }
        }
    }

    private func task<Answer: Sendable>(
        _ context: CallContext,
        hasOneAnswer: Bool,
        _ body: () async throws(Status) -> Answer
    ) async throws(Status) -> Answer {
        self.metrics.running.increment()
        let begun = Clocks.monotonicNow()
        let trace = self.trace(context)
        let answer: Answer
        do throws(Status) {
            answer =
                if let trace { try await Self.listened(trace, body) } else { try await body() }
        } catch {
            self.metrics.running.decrement()
            throw self.refused(error, context, begun, trace)
        }
        self.metrics.running.decrement()
        self.answered(context, begun, trace, hasOneAnswer: hasOneAnswer)
        return answer
    }

    private static func listened<Answer: Sendable>(
        _ trace: CallTrace,
        _ body: () async throws(Status) -> Answer
    ) async throws(Status) -> Answer {
        try await CallSteps.$current.withValue(trace.listener) {
            () async -> Result<Answer, Status> in
            do throws(Status) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }.get()
    }

    // MARK: Outcomes

    private func trace(_ context: CallContext) -> CallTrace? {
        self.log.tracer?.trace(context.metadata)
    }

    private func answered(
        _ context: CallContext,
        _ begun: MonotonicInstant,
        _ trace: CallTrace?,
        hasOneAnswer: Bool
    ) {
        let nanoseconds = Clocks.monotonicNow().nanoseconds - begun.nanoseconds
        self.metrics.ended(.ok, nanoseconds: nanoseconds)
        let isSlow = hasOneAnswer && nanoseconds >= self.log.slowNanoseconds
        guard isSlow || trace != nil || self.log.logger.logLevel <= .debug else { return }

        let ended = self.ended(.ok, context, begun, nanoseconds, trace)
        self.log.logger.debug("a call ended", metadata: self.log.fields(ended))
        if isSlow { self.log.slow(ended) }
        self.log.spans(ended)
    }

    /// Counts and logs a refusal, and names it for its caller.
    private func refused(
        _ status: Status,
        _ context: CallContext,
        _ begun: MonotonicInstant,
        _ trace: CallTrace?
    ) -> Status {
        let nanoseconds = Clocks.monotonicNow().nanoseconds - begun.nanoseconds
        self.metrics.ended(status.code, nanoseconds: nanoseconds)
        if let reason = status.reason { self.refusedFor(reason) }
        let ended = self.ended(status.code, context, begun, nanoseconds, trace)
        self.log.spans(ended)
        return self.log.refused(ended, status)
    }

    private func ended(
        _ code: Status.Code,
        _ context: CallContext,
        _ begun: MonotonicInstant,
        _ nanoseconds: UInt64,
        _ trace: CallTrace?
    ) -> CallLog.Ended {
        CallLog.Ended(
            method: self.method,
            context: context,
            code: code,
            begun: begun,
            nanoseconds: nanoseconds,
            trace: trace
        )
    }
}
