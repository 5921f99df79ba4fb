internal import KhachCore
internal import Synchronization

/// The snapshots that are held: how many, and their end when the store closes.
final class HeldSnapshots: Sendable {
    private struct Held: Sendable {
        var isOpen = true
        /// Those under way to being opened are counted with the others.
        var count = 0
        var threads: [ObjectIdentifier: SnapshotThread] = [:]
    }

    private let path: String
    private let countMax: Int
    private let held = Mutex(Held())

    init(path: String, countMax: Int) {
        self.path = path
        self.countMax = countMax
    }

    func open(_ business: BusinessID) async throws(StoreError) -> HeldSnapshot {
        try self.take()
        let thread = SnapshotThread()
        let id = ObjectIdentifier(thread)
        let head: CommitSequence
        do throws(StoreError) {
            head = try await thread.start(path: self.path, business) { self.leave(id) }
        } catch {
            self.leave(id)
            throw error
        }
        let isOpen = self.held.withLock { held in
            if held.isOpen { held.threads[id] = thread }
            return held.isOpen
        }
        if !isOpen { thread.end() }
        return HeldSnapshot(head: head, business: business, thread: thread)
    }

    /// Ends every one, and refuses others.
    ///
    /// Blocks until their connections are closed.
    func close() {
        let threads = self.held.withLock { held in
            held.isOpen = false
            return Array(held.threads.values)
        }
        for thread in threads { thread.end() }
        for thread in threads { thread.join() }
    }

    private func take() throws(StoreError) {
        let refusal: StoreError? = self.held.withLock { held in
            guard held.isOpen else {
                return StoreError(.unavailable, "an open store expected, a closed one found")
            }
            guard held.count < self.countMax else {
                return StoreError(
                    .unavailable,
                    "at most \(self.countMax) snapshots held at once expected, found one more"
                )
            }

            held.count += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func leave(_ ended: ObjectIdentifier) {
        self.held.withLock { held in
            held.count -= 1
            held.threads[ended] = nil
        }
    }
}
