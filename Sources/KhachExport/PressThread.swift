internal import Dispatch
internal import Glibc
internal import KhachCore
internal import Synchronization

/// A thread on which one file is made, since that blocks; never one of the pool that runs tasks.
///
/// It owns the sheet: whatever is called runs there, one after another.
final class PressThread: Sendable {
    private typealias Job = @Sendable (Sheet?) -> Void

    private struct Queue: Sendable {
        var isOpen = true
        var jobs: [Job] = []
    }

    private final class Body {
        let run: () -> Void

        init(_ run: @escaping () -> Void) {
            self.run = run
        }
    }

    private let queue = Mutex(Queue())
    private let arrivals = DispatchSemaphore(value: 0)

    /// Starts it with a sheet that `make` makes there.
    static func start(
        _ make: @escaping @Sendable () throws(StoreError) -> Sheet
    ) async throws(StoreError) -> PressThread {
        let thread = PressThread()
        let started = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Void, StoreError>, Never>) in
            let result = Self.spawn {
                do throws(StoreError) {
                    let sheet = try make()
                    continuation.resume(returning: .success(()))
                    thread.serve(sheet)
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if result != 0 {
                continuation.resume(
                    returning: .failure(
                        StoreError(.unavailable, "a thread expected, errno \(result) found")
                    )
                )
            }
        }
        try started.get()
        return thread
    }

    /// Runs `body` with the sheet.
    func run<Answer: Sendable>(
        _ body: @escaping @Sendable (Sheet) throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Answer, StoreError>, Never>) in
            let job: Job = { sheet in
                guard let sheet else {
                    continuation.resume(
                        returning: .failure(
                            StoreError(.unavailable, "an open file expected, a closed one found")
                        )
                    )
                    return
                }
                continuation.resume(
                    returning: Result { () throws(StoreError) in try body(sheet) }
                )
            }
            let isTaken = self.queue.withLock { queue in
                if queue.isOpen { queue.jobs.append(job) }
                return queue.isOpen
            }
            if isTaken {
                self.arrivals.signal()
            } else {
                job(nil)
            }
        }
        return try result.get()
    }

    /// Ends it, and the sheet with it, once what waits has run.
    func end() {
        self.queue.withLock { $0.isOpen = false }
        self.arrivals.signal()
    }

    private func serve(_ sheet: Sheet) {
        while true {
            self.arrivals.wait()
            let (job, isOpen) = self.queue.withLock { queue -> (Job?, Bool) in
                (queue.jobs.isEmpty ? nil : queue.jobs.removeFirst(), queue.isOpen)
            }
            if let job {
                job(sheet)
            } else if !isOpen {
                return
            }
        }
    }

    /// Starts a thread that nobody waits for; gives the system's error number.
    private static func spawn(_ run: @escaping @Sendable () -> Void) -> Int32 {
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            },
            body.toOpaque()
        )
        guard result == 0 else {
            body.release()
            return result
        }

        pthread_detach(thread)
        return 0
    }
}
