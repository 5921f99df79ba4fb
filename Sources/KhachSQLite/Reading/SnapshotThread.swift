internal import DequeModule
internal import Dispatch
internal import KhachCore
internal import Synchronization

/// A thread with a connection of its own, which stands in one read transaction from its first
/// moment to its last.
final class SnapshotThread: Sendable {
    private struct Job: Sendable {
        var run: @Sendable (Reader) -> Void
        var refuse: @Sendable (StoreError) -> Void
    }

    private struct Queue: Sendable {
        var isOpen = true
        var jobs: Deque<Job> = []
    }

    private let queue = Mutex(Queue())
    private let arrivals = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts it; gives the business's last sequence.
    ///
    /// `onEnd` is called once the connection is closed, and not when this throws.
    func start(
        path: String,
        _ business: BusinessID,
        onEnd: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> CommitSequence {
        let started = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<CommitSequence, StoreError>, Never>) in
            do throws(StoreError) {
                let thread = try WorkerThread {
                    guard self.serve(path, business, continuation) else { return }

                    onEnd()
                    self.ended.signal()
                }
                thread.detach()
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try started.get()
    }

    /// Runs `body` in the snapshot, to its end or its deadline.
    ///
    /// A cancelled task does not interrupt it: its steps are short, and an export that is cut goes
    /// on from where its last step left it.
    func read<Answer: Sendable>(
        _ deadline: Deadline?,
        _ body: @escaping @Sendable (Reader) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Answer, StoreError>, Never>) in
            let job = Job(
                run: { reader in
                    let result = Result { () throws(StoreError) in
                        try reader.read(deadline: deadline) { () throws(StoreError) in
                            try body(reader)
                        }
                    }
                    continuation.resume(returning: result)
                },
                refuse: { continuation.resume(returning: .failure($0)) }
            )
            self.enqueue(job)
        }
        return try result.get()
    }

    private func enqueue(_ job: Job) {
        let isTaken = self.queue.withLock { queue in
            if queue.isOpen { queue.jobs.append(job) }
            return queue.isOpen
        }
        if isTaken {
            self.arrivals.signal()
        } else {
            job.refuse(Self.closed)
        }
    }

    /// Ends it; what waits is refused.
    ///
    /// The second time does nothing.
    func end() {
        let refused = self.queue.withLock { queue -> Deque<Job>? in
            guard queue.isOpen else { return nil }

            queue.isOpen = false
            return exchange(&queue.jobs, with: [])
        }
        guard let refused else { return }

        for job in refused { job.refuse(Self.closed) }
        self.arrivals.signal()
    }

    /// Blocks until the connection is closed; after `end`.
    func join() {
        self.ended.wait()
        self.ended.signal()
    }

    private static var closed: StoreError {
        StoreError(.unavailable, "an open snapshot expected, a closed one found")
    }

    // MARK: On the thread

    /// Serves until the end; when it returns, the connection is closed.
    ///
    /// False when it did not come to that.
    private func serve(
        _ path: String,
        _ business: BusinessID,
        _ started: CheckedContinuation<Result<CommitSequence, StoreError>, Never>
    ) -> Bool {
        do throws(StoreError) {
            let reader = try Reader(path: path, memory: .flat)
            guard let head = try reader.hold(business) else {
                throw StoreError(.notFound, "an existing business expected, none found")
            }

            started.resume(returning: .success(head))
            self.answer(reader)
            return true
        } catch {
            started.resume(returning: .failure(error))
            return false
        }
    }

    private func answer(_ reader: Reader) {
        while true {
            self.arrivals.wait()
            let (job, isOpen) = self.queue.withLock { queue -> (Job?, Bool) in
                (queue.jobs.popFirst(), queue.isOpen)
            }
            if let job {
                job.run(reader)
            } else if !isOpen {
                return
            }
        }
    }
}
