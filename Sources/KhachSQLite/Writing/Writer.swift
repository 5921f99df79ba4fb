internal import CSQLite
internal import Dispatch
internal import KhachCore
internal import Synchronization

/// The queue before the one connection that writes, and its thread.
///
/// Group commit: whatever waits is drained, written in one transaction, and answered after its
/// commit. An error of the commit itself leaves the outcome unknown, so the writer stops for good
/// (reliability.md §0, 1): an fsync that failed is never tried again.
final class Writer: Sendable {
    /// One write: what to do in the transaction, and whom to answer.
    private struct Command: Sendable {
        /// Writes, and returns what to call once that is committed.
        var perform: @Sendable (WriteSession) throws(StoreError) -> @Sendable () -> Void
        var refuse: @Sendable (StoreError) -> Void
    }

    /// Whether the one who asked for a write still waits for it.
    private final class Caller: Sendable {
        private let hasLeft = Atomic(false)

        func leave() {
            self.hasLeft.store(true, ordering: .releasing)
        }

        func check() throws(StoreError) {
            guard self.hasLeft.load(ordering: .acquiring) else { return }

            throw StoreError(.deadlineExceeded, "a caller that waits expected, none found")
        }
    }

    private enum State: Sendable {
        case open
        /// Everything before the closing is written; then the thread ends.
        case closing
        case failed
    }

    private struct Queue: Sendable {
        var state = State.open
        var commands: FairQueue<Command>
        /// What every write is refused with, while there is one.
        var refusal: StoreError?
    }

    private let queue: Mutex<Queue>
    /// The same as the queue's state, for readers that take no lock.
    private let failed = Atomic(false)
    private let arrivals = DispatchSemaphore(value: 0)
    private let configuration: SQLiteStore.Configuration
    private let thread = Mutex<WorkerThread?>(nil)
    private let observers = Mutex<[CommitObserver]>([])

    init(
        session: sending WriteSession,
        configuration: SQLiteStore.Configuration
    ) throws(StoreError) {
        self.configuration = configuration
        self.queue = Mutex(
            Queue(
                commands: FairQueue(
                    countMax: configuration.pendingWritesMax,
                    weightMax: configuration.pendingInteractionsMax
                )
            )
        )
        let worker = try WorkerThread { [self] in
            self.run(session)
        }
        self.thread.withLock { $0 = worker }
    }

    /// Whether a commit's outcome is unknown; then nothing may be read either.
    var hasFailed: Bool { self.failed.load(ordering: .acquiring) }

    /// Runs `body` in the next group that has its turn and returns after its commit.
    ///
    /// `weight` is the interactions in it, at least 1. A `body` that throws `notFound` or
    /// `alreadyExists` must not have written. When the caller's task is cancelled, as it is when
    /// its deadline passes, a write that still waits is not begun.
    func write<Answer: Sendable>(
        weight: Int = 1,
        _ body: @escaping @Sendable (WriteSession) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let caller = Caller()
        let lane = Lane.current
        let waiting = CallSteps.begin()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<Answer, StoreError>, Never>) in
                let command = Command(
                    perform: { (session) throws(StoreError) in
                        let writing = waiting?.end(.turn)
                        try caller.check()
                        let answer = try body(session)
                        return {
                            writing?.end(.commit)
                            continuation.resume(returning: .success(answer))
                        }
                    },
                    refuse: { continuation.resume(returning: .failure($0)) }
                )
                if let refusal = self.enqueue(command, max(1, weight), in: lane) {
                    continuation.resume(returning: .failure(refusal))
                }
            }
        } onCancel: {
            caller.leave()
        }
        return try result.get()
    }

    /// See `CommitSource`.
    func observeCommits(_ observer: @escaping CommitObserver) {
        self.observers.withLock { $0.append(observer) }
    }

    /// Writes that wait for their commit.
    var waitingCount: Int { self.queue.withLock { $0.commands.count } }

    /// Refuses every write from now on, or, with `nil`, none; those that wait are written.
    func refuse(_ refusal: StoreError?) {
        self.queue.withLock { $0.refusal = refusal }
    }

    /// Writes what waits, ends the thread, and lets go of the connection.
    ///
    /// Blocks until then. After a failure the connection stays as it is: closing it would copy a
    /// log whose state is not known.
    func close() {
        self.queue.withLock { queue in
            if queue.state == .open {
                queue.state = .closing
            }
        }
        self.arrivals.signal()
        let worker = self.thread.withLock { $0.take() }
        worker?.join()
    }

    private func enqueue(_ command: Command, _ weight: Int, in lane: Lane) -> StoreError? {
        let refusal: StoreError? = self.queue.withLock { queue in
            switch queue.state {
            case .failed:
                return StoreError(.unavailable, "a running writer expected, a failed one found")
            case .closing:
                return StoreError(.unavailable, "an open store expected, a closed one found")
            case .open:
                if let refusal = queue.refusal { return refusal }
            }
            guard queue.commands.append(command, weight: weight, in: lane) else {
                return StoreError(.unavailable, "room in the writer's queue expected, none found")
            }

            return nil
        }
        if refusal == nil {
            self.arrivals.signal()
        }
        return refusal
    }

    // MARK: The thread

    private func run(_ session: WriteSession) {
        while true {
            let (group, state) = self.nextGroup()
            if group.isEmpty {
                switch state {
                case .open:
                    if let failure = self.waitForArrival(session) {
                        self.fail(failure, session)
                    }
                case .closing:
                    session.checkpointAtEnd()
                    return
                case .failed:
                    return
                }
                continue
            }
            if let failure = self.write(group, session)
                ?? session.checkpointIfDue(
                    pages: self.configuration.checkpointPages
                )
            {
                self.fail(failure, session)
            }
        }
    }

    /// Waits for a command; while the log holds what was erased, tries again and again to empty it.
    ///
    /// Returns the error after which nothing more may be written.
    private func waitForArrival(_ session: WriteSession) -> StoreError? {
        guard session.hasErased else {
            self.arrivals.wait()
            return nil
        }

        let retry = DispatchTimeInterval.milliseconds(self.configuration.erasedRetryMilliseconds)
        guard self.arrivals.wait(timeout: .now() + retry) == .timedOut else { return nil }

        return session.checkpointErased()
    }

    /// Takes commands, of each lane in turn, as many as one commit may hold.
    private func nextGroup() -> ([Command], State) {
        self.queue.withLock { queue in
            var weight = 0
            var group: [Command] = []
            while let next = queue.commands.nextWeight,
                group.isEmpty || weight + next <= self.configuration.groupInteractionsMax,
                let command = queue.commands.popNext()
            {
                weight += next
                group.append(command)
            }
            return (group, queue.state)
        }
    }

    /// Writes a group and answers it.
    ///
    /// Returns the error after which nothing more may be written.
    private func write(_ group: [Command], _ session: WriteSession) -> StoreError? {
        var answers: [@Sendable () -> Void] = []
        let begun = DispatchTime.now().uptimeNanoseconds
        do throws(StoreError) {
            try session.begin()
            for command in group {
                do throws(StoreError) {
                    answers.append(try command.perform(session))
                } catch  where error.isAnswer {
                    answers.append { command.refuse(error) }
                }
            }
            try session.flush()
        } catch {
            return self.giveUp(group, session, error)
        }

        let flushed = DispatchTime.now().uptimeNanoseconds
        let result = session.commit()
        switch result.primary {
        case SQLITE_OK:
            let ended = DispatchTime.now().uptimeNanoseconds
            session.committed()
            for answer in answers {
                answer()
            }
            self.tell(session.takeHeads())
            session.answered()
            self.configuration.committed(
                CommitReport(
                    writes: group.count,
                    nanoseconds: ended - begun,
                    syncNanoseconds: ended - flushed
                )
            )
            return nil
        case SQLITE_FULL, SQLITE_BUSY:
            // The frame that commits was not written.
            return self.giveUp(group, session, result.error("committing"))
        default:
            let error = StoreError(
                .outcomeUnknown,
                "a commit expected, SQLite \(result.rawValue) found"
            )
            for command in group {
                command.refuse(error)
            }
            return error
        }
    }

    private func tell(_ heads: [CommittedHead]) {
        guard !heads.isEmpty else { return }

        for observer in self.observers.withLock({ $0 }) { observer(heads) }
    }

    /// Rolls a group back; what failed alone is refused, and the others are written without it.
    private func giveUp(
        _ group: [Command],
        _ session: WriteSession,
        _ error: StoreError
    ) -> StoreError? {
        do throws(StoreError) {
            try session.rollBack()
        } catch let failure {
            for command in group {
                command.refuse(error)
            }
            return failure
        }
        guard group.count > 1, error.isOfOneCommand else {
            for command in group {
                command.refuse(error)
            }
            return nil
        }

        for (index, command) in group.enumerated() {
            guard let failure = self.write([command], session) else { continue }

            for rest in group[(index + 1)...] {
                rest.refuse(
                    StoreError(.unavailable, "a running writer expected, a failed one found")
                )
            }
            return failure
        }
        return nil
    }

    private func fail(_ error: StoreError, _ session: WriteSession) {
        self.failed.store(true, ordering: .releasing)
        let waiting = self.queue.withLock { queue in
            queue.state = .failed
            return queue.commands.popAll()
        }
        // Kept open until the process ends.
        _ = Unmanaged.passRetained(session)
        self.configuration.failure(error)
        for command in waiting {
            command.refuse(
                StoreError(.unavailable, "a running writer expected, a failed one found")
            )
        }
    }
}

extension StoreError {
    /// Whether it answers one command and leaves its group as it is.
    fileprivate var isAnswer: Bool {
        switch self.code {
        case .notFound, .alreadyExists, .deadlineExceeded, .requestReused: true
        default: false
        }
    }

    /// Whether what one command met says nothing of the others of its group.
    fileprivate var isOfOneCommand: Bool {
        self.code == .corrupt || self.code == .zoneMissing
    }
}
