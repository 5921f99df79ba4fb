internal import KhachCore
internal import Synchronization

/// The state of a `MemoryStore` under its lock; tells of what a use of it has changed.
final class CommittingState: Sendable {
    private let state: Mutex<MemoryState>
    private let observers = Mutex<[CommitObserver]>([])

    init(_ state: sending MemoryState) {
        self.state = Mutex(state)
    }

    func observeCommits(_ observer: @escaping CommitObserver) {
        self.observers.withLock { $0.append(observer) }
    }

    func withLock<Answer, Failure: Error>(
        _ body: (inout sending MemoryState) throws(Failure) -> sending Answer
    ) throws(Failure) -> sending Answer {
        defer { self.tell() }
        return try self.state.withLock(body)
    }

    private func tell() {
        let heads = self.state.withLock { exchange(&$0.changedHeads, with: [:]) }
        guard !heads.isEmpty else { return }

        let told = heads.map { CommittedHead(business: $0.key, seq: $0.value) }
        for observer in self.observers.withLock({ $0 }) { observer(told) }
    }
}
