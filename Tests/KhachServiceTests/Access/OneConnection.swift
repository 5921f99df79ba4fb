internal import Synchronization
internal import TTRPC

/// A connection of a test: it claims for each caller, and lets go when it is told.
final class OneConnection: CallerMark {
    private let releases = Mutex<[Int64: @Sendable () -> Void]>([:])
    private let remembered = Mutex<(any AnyObject & Sendable)?>(nil)

    var memo: (any AnyObject & Sendable)? {
        get { self.remembered.withLock { $0 } }
        set { self.remembered.withLock { $0 = newValue } }
    }

    func called(by key: Int64, _ claim: () -> (@Sendable () -> Void)?) -> Bool {
        self.releases.withLock { releases in
            if releases[key] == nil { releases[key] = claim() }
            return releases[key] != nil
        }
    }

    func end() {
        let releases = self.releases.withLock { releases in
            defer { releases = [:] }
            return releases
        }
        for release in releases.values { release() }
    }
}
