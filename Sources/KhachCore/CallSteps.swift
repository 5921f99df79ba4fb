/// What a call did until its end, told by those who do it.
///
/// Nobody listens unless the call is followed, and then it costs nothing but to look.
package struct CallSteps: Sendable {
    /// The listener of what this task does.
    @TaskLocal package static var current: CallSteps?

    package enum Name: String, Hashable, Sendable {
        /// Waiting until its rate lets the caller go on.
        case rate
        /// Waiting for a turn at a thread of the store.
        case turn
        /// A question to the store.
        case read
        /// A write, and the commit that it is in.
        case commit
    }

    /// One step, in nanoseconds of the monotonic clock.
    package struct Step: Hashable, Sendable {
        package var name: Name
        package var begun: UInt64
        package var ended: UInt64
    }

    /// A step that is not over yet.
    package struct Running: Sendable {
        fileprivate let steps: CallSteps
        fileprivate let begun: UInt64

        /// Tells the step; what comes next begins here.
        @discardableResult
        package func end(_ name: Name) -> Running {
            let now = self.steps.clock()
            self.steps.tell(Step(name: name, begun: self.begun, ended: now))
            return Running(steps: self.steps, begun: now)
        }
    }

    private let clock: @Sendable () -> UInt64
    private let tell: @Sendable (Step) -> Void

    package init(
        clock: @escaping @Sendable () -> UInt64,
        tell: @escaping @Sendable (Step) -> Void
    ) {
        self.clock = clock
        self.tell = tell
    }

    /// Begins a step of this task's call; `nil` when nobody listens.
    package static func begin() -> Running? {
        self.current.map { Running(steps: $0, begun: $0.clock()) }
    }
}
