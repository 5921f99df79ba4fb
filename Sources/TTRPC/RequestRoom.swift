/// Room for the bytes of requests, which all connections share.
///
/// Knows numbers; whoever makes it decides how much there is, and what is said when there is none.
package struct RequestRoom: Sendable {
    /// Takes room for so many bytes; a status says that there is none, and nothing was taken.
    package var take: @Sendable (Int) -> Status?
    package var giveBack: @Sendable (Int) -> Void

    package init(
        take: @escaping @Sendable (Int) -> Status?,
        giveBack: @escaping @Sendable (Int) -> Void
    ) {
        self.take = take
        self.giveBack = giveBack
    }

    /// What of a request is counted: one with less than `Limits.countedBytesMin` is not, as there
    /// are only so many calls and connections.
    package static func counted(_ bytes: Int) -> Int {
        bytes < Limits.countedBytesMin ? 0 : bytes
    }

    /// Room for whatever comes.
    package static let unbounded = RequestRoom(take: { _ in nil }, giveBack: { _ in })

    /// How much of it one connection has, or one call.
    ///
    /// Whoever has a share lets go of it before it goes away.
    package struct Share: ~Copyable {
        private let room: RequestRoom
        private var bytes = 0

        package init(of room: RequestRoom) {
            self.room = room
        }

        /// Makes the share as much as so many bytes need; when there is no room, the status says
        /// so and nothing is left of it.
        package mutating func hold(_ bytes: Int) -> Status? {
            let wanted = RequestRoom.counted(bytes)
            guard wanted > self.bytes else {
                if wanted < self.bytes { self.room.giveBack(self.bytes - wanted) }
                self.bytes = wanted
                return nil
            }
            guard let status = self.room.take(wanted - self.bytes) else {
                self.bytes = wanted
                return nil
            }

            self.letGo()
            return status
        }

        package mutating func letGo() {
            if self.bytes > 0 { self.room.giveBack(self.bytes) }
            self.bytes = 0
        }
    }
}
