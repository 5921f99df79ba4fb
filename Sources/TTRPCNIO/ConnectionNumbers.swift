internal import Synchronization

/// Numbers of connections, each given once, whichever listener they come by.
package final class ConnectionNumbers: Sendable {
    private let latest = Atomic<UInt64>(0)

    package init() {}

    package func next() -> UInt64 {
        self.latest.add(1, ordering: .relaxed).newValue
    }
}
