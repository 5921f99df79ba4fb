internal import NIOCore

/// Runs tasks on one event loop, so that a handler's task and its connection share a thread.
///
/// NIO's loops are serial executors and not task executors (stack.md §4).
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
