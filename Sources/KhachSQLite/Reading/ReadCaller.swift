internal import KhachCore
internal import Synchronization

/// Who waits for a read: a task, until it is cancelled.
///
/// A read looks at this every few thousand steps of SQLite, and ends when nobody waits: so its
/// thread and connection are free for others.
final class ReadCaller: Sendable {
    private let hasGone = Atomic(false)

    var isGone: Bool { self.hasGone.load(ordering: .relaxed) }

    func leave() {
        self.hasGone.store(true, ordering: .relaxed)
    }

    static var gone: StoreError {
        StoreError(.cancelled, "a caller that waits expected, none found")
    }

    /// Runs `read` with a caller that leaves when this task is cancelled.
    static func wait<Answer: Sendable>(
        _ read: (ReadCaller) async -> Result<Answer, StoreError>
    ) async throws(StoreError) -> Answer {
        let caller = ReadCaller()
        let result = await withTaskCancellationHandler {
            await read(caller)
        } onCancel: {
            caller.leave()
        }
        return try result.get()
    }
}
