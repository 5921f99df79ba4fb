internal import NIOCore
internal import Synchronization

/// The open connections: not too many, and an end for all of them.
final class OpenConnections: Sendable {
    private let countMax: Int
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    init(countMax: Int) {
        self.countMax = countMax
    }

    var count: Int { self.channels.withLock { $0.count } }

    /// Takes a connection in until it is closed; false when there are too many.
    func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = self.channels.withLock { channels in
            guard channels.count < self.countMax else { return false }

            channels[key] = channel
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in self.channels.withLock { $0[key] = nil } }
        }
        return isAdmitted
    }

    /// Closes all of them: their calls are cancelled.
    func cut() {
        for channel in self.channels.withLock({ Array($0.values) }) { channel.close(promise: nil) }
    }
}
