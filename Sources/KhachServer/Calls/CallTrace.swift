internal import KhachCore
internal import Synchronization
internal import TTRPC

/// What is recorded of one call: its own span, and the steps in it.
final class CallTrace: Sendable {
    /// One more is not recorded: a call may read the store for hours.
    static let stepsMax = 32

    let traceID: String
    let spanID: String
    /// The span of whoever calls, when the trace began there.
    let parentID: String?
    private let steps = Mutex<[CallSteps.Step]>([])

    /// A span in its caller's trace, or, with `nil`, the first of a trace.
    init(of parent: TraceParent?) {
        self.traceID =
            parent?.traceID ?? Self.identifier(.random(in: 1...(.max)))
            + Self.identifier(.random(in: .min ... .max))
        self.spanID = Self.newSpanID()
        self.parentID = parent?.spanID
    }

    /// Listens to what the call does.
    var listener: CallSteps {
        CallSteps(
            clock: { Clocks.monotonicNow().nanoseconds },
            tell: { step in
                self.steps.withLock { steps in
                    if steps.count < Self.stepsMax { steps.append(step) }
                }
            }
        )
    }

    /// What the call did until now.
    var told: [CallSteps.Step] { self.steps.withLock(\.self) }

    static func newSpanID() -> String { Self.identifier(.random(in: 1...(.max))) }

    /// 16 digits.
    private static func identifier(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
