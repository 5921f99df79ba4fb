internal import KhachCore
internal import Logging
internal import TTRPC

/// What is written of calls: refusals, slow ones, and spans of those that are recorded.
///
/// A line has what the server itself knows, and of its caller's two names alone, the request id
/// and the trace, both of which are bounded and of few letters. Nothing of what is asked or
/// answered is in any.
struct CallLog: Sendable {
    let logger: Logger
    var names = CallNames()
    /// From here on a call with one answer is slow.
    var slowNanoseconds = UInt64.max
    /// `nil`: no call is recorded.
    var tracer: Tracer?
    /// The token by which somebody known calls.
    var token: @Sendable (CallContext) -> TokenID? = { _ in nil }

    /// A call that ended.
    struct Ended: Sendable {
        var method: String
        var context: CallContext
        var code: Status.Code
        var begun: MonotonicInstant
        var nanoseconds: UInt64
        var trace: CallTrace?
    }

    /// Says that a call was refused; its status with the name that the line has.
    func refused(_ call: Ended, _ status: Status) -> Status {
        let name = self.names.name(call.context.origin, call.context.metadata)
        self.logger.log(
            level: status.code.level,
            "a call was refused",
            metadata: self.fields(call)
        )
        return status.naming(name)
    }

    /// Says that a call took long.
    func slow(_ call: Ended) {
        self.logger.warning("a call was slow", metadata: self.fields(call))
    }

    /// Names a refusal that no method made, or made anew: of what is no call of a method, at a
    /// deadline.
    func naming(_ status: Status, _ origin: CallOrigin, _ metadata: Metadata) -> Status {
        guard status.requestID == nil else { return status }

        let name = self.names.name(origin, metadata)
        self.logger.debug(
            "a refusal was told",
            metadata: [
                "code": "\(status.code.word)", "request": "\(name)",
                "listener": "\(origin.listener.rawValue)",
            ]
        )
        return status.naming(name)
    }

    /// Writes the spans of a call that is recorded: its own, and one for each step.
    func spans(_ call: Ended) {
        guard let trace = call.trace else { return }

        // Where the monotonic clock stands on that of the day.
        let offset =
            Clocks.nowMicroseconds() - Int64(Clocks.monotonicNow().nanoseconds / 1_000)
        let start: (UInt64) -> Logger.MetadataValue = { "\(Int64($0 / 1_000) + offset)" }
        var own = self.fields(call)
        own["start"] = start(call.begun.nanoseconds)
        self.logger.info("a span", metadata: own)
        for step in trace.told {
            self.logger.info(
                "a span",
                metadata: [
                    "step": "\(step.name.rawValue)", "trace": "\(trace.traceID)",
                    "span": "\(CallTrace.newSpanID())", "parent": "\(trace.spanID)",
                    "start": start(step.begun),
                    "microseconds": "\((step.ended - step.begun) / 1_000)",
                ]
            )
        }
    }

    func fields(_ call: Ended) -> Logger.Metadata {
        let metadata = call.context.metadata
        var fields: Logger.Metadata = [
            "method": "\(call.method)", "code": "\(call.code.word)",
            "request": "\(self.names.name(call.context.origin, metadata))",
            "microseconds": "\(call.nanoseconds / 1_000)",
            "listener": "\(call.context.origin.listener.rawValue)",
        ]
        if let token = self.token(call.context) { fields["token"] = "\(token.text)" }
        if let trace = call.trace {
            fields["trace"] = "\(trace.traceID)"
            fields["span"] = "\(trace.spanID)"
            fields["parent"] = trace.parentID.map { "\($0)" }
        } else if let parent = metadata.traceParent {
            fields["trace"] = "\(parent.traceID)"
            fields["parent"] = "\(parent.spanID)"
        }
        return fields
    }
}

extension Status.Code {
    /// How grave it is for whoever runs the server.
    fileprivate var level: Logger.Level {
        switch self {
        // What no caller can mend.
        case .internal, .dataLoss, .unknown: .error
        case .unavailable: .warning
        default: .info
        }
    }
}
