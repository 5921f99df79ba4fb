internal import Glibc
internal import KhachCore

/// A thread of its own for calls that block: never one of the pool that runs tasks.
///
/// The only place where the store starts anything.
struct WorkerThread: Sendable {
    private final class Body: @unchecked Sendable {
        // Written before the thread starts, read by it alone.
        private var run: (() -> Void)?

        init(_ run: sending @escaping () -> Void) {
            self.run = run
        }

        func callOnce() {
            self.run?()
            self.run = nil
        }
    }

    private let thread: pthread_t

    init(_ run: sending @escaping () -> Void) throws(StoreError) {
        let body = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument {
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().callOnce()
                }
                return nil
            },
            body.toOpaque()
        )
        guard result == 0 else {
            body.release()
            throw StoreError(.unavailable, "a thread expected, errno \(result) found")
        }

        self.thread = thread
    }

    /// Nobody will wait for its end; call once, in the place of `join`.
    func detach() {
        pthread_detach(self.thread)
    }

    /// Waits for its end; call once.
    func join() {
        pthread_join(self.thread, nil)
    }
}
