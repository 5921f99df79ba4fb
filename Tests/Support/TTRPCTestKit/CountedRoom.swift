internal import Synchronization
package import TTRPC

/// Room for the bytes of requests in a test: so many for everybody, and how many are taken.
package final class CountedRoom: Sendable {
    private let bytes = Mutex(0)
    private let bytesMax: Int

    package init(_ bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    package var taken: Int { self.bytes.withLock(\.self) }

    package var room: RequestRoom {
        RequestRoom(
            take: { more in
                self.bytes.withLock { bytes in
                    guard bytes + more <= self.bytesMax else {
                        return Status(.resourceExhausted, "full")
                    }
                    bytes += more
                    return nil
                }
            },
            giveBack: { less in self.bytes.withLock { $0 -= less } }
        )
    }
}
