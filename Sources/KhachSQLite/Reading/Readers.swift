internal import Dispatch
internal import Glibc
internal import KhachCore
internal import Synchronization

/// The connections that read: a few threads that answer calls that wait, and a few connections
/// for reads on the caller's own thread.
final class Readers: Sendable {
    private struct Job: Sendable {
        var run: @Sendable (Reader) -> Void
        var refuse: @Sendable (StoreError) -> Void
    }

    private struct Queue: Sendable {
        var isOpen = true
        var jobs: FairQueue<Job>
    }

    /// A connection for reads in place, and the lock that lends it to one thread at a time.
    private final class Place: @unchecked Sendable {
        private let lock = Mutex(())
        // Touched under the lock only.
        private var reader: Reader?

        init(_ reader: sending Reader) {
            self.reader = reader
        }

        /// `nil` when another thread has it and `waits` is false.
        func lend<Answer: Sendable>(
            waits: Bool,
            _ body: (Reader) throws(StoreError) -> Answer
        ) -> Result<Answer, StoreError>? {
            guard !waits else { return self.lock.withLock { _ in self.answer(body) } }

            return self.lock.withLockIfAvailable { _ in self.answer(body) }
        }

        private func answer<Answer: Sendable>(
            _ body: (Reader) throws(StoreError) -> Answer
        ) -> Result<Answer, StoreError> {
            guard let reader = self.reader else {
                return .failure(
                    StoreError(.unavailable, "an open store expected, a closed one found")
                )
            }

            return Result { () throws(StoreError) in try body(reader) }
        }

        func close() {
            self.lock.withLock { _ in self.reader = nil }
        }
    }

    private let queue: Mutex<Queue>
    private let arrivals = DispatchSemaphore(value: 0)
    private let places: [Place]
    private let threads = Mutex<[WorkerThread]>([])

    init(path: String, configuration: SQLiteStore.Configuration) throws(StoreError) {
        var places: [Place] = []
        for _ in 0..<max(1, configuration.inPlaceReaders) {
            places.append(Place(try Reader(path: path)))
        }
        self.places = places
        self.queue = Mutex(Queue(jobs: FairQueue(countMax: configuration.pendingReadsMax)))
        do throws(StoreError) {
            for _ in 0..<max(1, configuration.readerThreads) {
                let reader = try Reader(path: path)
                let worker = try WorkerThread { [self] in
                    self.run(reader)
                }
                self.threads.withLock { $0.append(worker) }
            }
        } catch {
            self.close()
            throw error
        }
    }

    /// Runs `body` on a reader's thread when its lane has its turn; ends it when this task is
    /// cancelled.
    func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Reader) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let lane = Lane.current
        let waiting = CallSteps.begin()
        return try await ReadCaller.wait { caller in
            await withCheckedContinuation {
                (continuation: CheckedContinuation<Result<Answer, StoreError>, Never>) in
                let job = Job(
                    run: { reader in
                        let reading = waiting?.end(.turn)
                        let result = Result { () throws(StoreError) in
                            try reader.serve(caller) { () throws(StoreError) in try body(reader) }
                        }
                        reading?.end(.read)
                        continuation.resume(returning: result)
                    },
                    refuse: { continuation.resume(returning: .failure($0)) }
                )
                if let refusal = self.enqueue(job, in: lane) {
                    continuation.resume(returning: .failure(refusal))
                }
            }
        }
    }

    /// Runs `body` here.
    ///
    /// A thread comes back to the same connection while others leave it free.
    func readInPlace<Answer: Sendable>(
        _ body: (Reader) throws(StoreError) -> Answer
    ) throws(StoreError) -> Answer {
        // Threads' addresses differ above the bits of a page.
        let first = Int(pthread_self() >> 12)
        for index in self.places.indices {
            let place = self.places[(first + index) % self.places.count]
            if let result = place.lend(waits: false, body) { return try result.get() }
        }
        guard let result = self.places[first % self.places.count].lend(waits: true, body) else {
            throw StoreError(.unavailable, "a free connection expected, none found")
        }

        return try result.get()
    }

    /// Answers what waits, then ends the threads and closes the connections.
    ///
    /// Blocks until then.
    func close() {
        let threads = self.threads.withLock { exchange(&$0, with: []) }
        self.queue.withLock { $0.isOpen = false }
        for _ in threads {
            self.arrivals.signal()
        }
        for thread in threads {
            thread.join()
        }
        for place in self.places {
            place.close()
        }
    }

    private func enqueue(_ job: Job, in lane: Lane) -> StoreError? {
        let refusal: StoreError? = self.queue.withLock { queue in
            guard queue.isOpen else {
                return StoreError(.unavailable, "an open store expected, a closed one found")
            }
            guard queue.jobs.append(job, in: lane) else {
                return StoreError(.unavailable, "room in the readers' queue expected, none found")
            }

            return nil
        }
        if refusal == nil {
            self.arrivals.signal()
        }
        return refusal
    }

    // MARK: The threads

    private func run(_ reader: Reader) {
        while true {
            self.arrivals.wait()
            let (job, isOpen) = self.queue.withLock { queue -> (Job?, Bool) in
                (queue.jobs.popNext(), queue.isOpen)
            }
            if let job {
                job.run(reader)
            } else if !isOpen {
                return
            }
        }
    }
}
