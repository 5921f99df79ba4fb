internal import NIOCore
internal import TTRPC

/// Streaming handlers that wait, in turn, until the peer has read what was written before.
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
                returning: .failure(Status(.cancelled, "the connection is closed")))
        }
    }
}

extension ResponseStream {
    /// The stream of one call: its messages go to the connection's thread, and wait there.
    init(on stream: StreamID, of handler: ServerHandler, loop: any EventLoop) {
        let bound = NIOLoopBound(handler, eventLoop: loop)
        self.init { payload throws(Status) in
            let outcome: Result<Void, Status> = await withTaskCancellationHandler {
                await withCheckedContinuation { room in
                    if loop.inEventLoop {
                        bound.value.send(payload, on: stream, room)
                    } else {
                        loop.execute { bound.value.send(payload, on: stream, room) }
                    }
                }
            } onCancel: {
                loop.execute { bound.value.release(stream) }
            }
            try outcome.get()
        }
    }
}
