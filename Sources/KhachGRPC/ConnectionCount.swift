internal import NIOCore
internal import Synchronization

/// How many connections are open, and that there are not too many.
final class ConnectionCount: Sendable {
    private let countMax: Int
    private let state = Mutex(0)

    init(countMax: Int) {
        self.countMax = countMax
    }

    var count: Int { self.state.withLock { $0 } }

    /// Counts a connection until it is closed; false when there are too many.
    func admit(_ channel: any Channel) -> Bool {
        let isAdmitted = self.state.withLock { count in
            guard count < self.countMax else { return false }

            count += 1
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in self.state.withLock { $0 -= 1 } }
        }
        return isAdmitted
    }
}
