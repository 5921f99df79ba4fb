internal import NIOCore
internal import TTRPC

/// Senders of messages that wait, in turn, until the peer has read what was written before.
struct WaitingSenders {
    typealias Room = CheckedContinuation<Result<Void, Status>, Never>

    struct Sender {
        var stream: StreamID
        var payload: Payload
        var room: Room
    }

    private var senders = CircularBuffer<Sender>()

    var isEmpty: Bool { self.senders.isEmpty }

    mutating func append(_ sender: Sender) {
        self.senders.append(sender)
    }

    mutating func popFirst() -> Sender? {
        self.senders.popFirst()
    }

    /// Lets go of a call that is over.
    mutating func release(_ stream: StreamID) {
        while let index = self.senders.firstIndex(where: { $0.stream == stream }) {
            let sender = self.senders.remove(at: index)
            sender.room.resume(returning: .failure(Status(.cancelled, "the call is over")))
        }
    }

    /// Lets go of everybody: the connection is gone.
    mutating func releaseAll() {
        while let sender = self.senders.popFirst() {
            sender.room.resume(
                returning: .failure(Status(.cancelled, "the connection is closed"))
            )
        }
    }
}
