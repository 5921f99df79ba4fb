internal import NIOCore
internal import TTRPC

// The two ends that a streaming handler holds: both lead to its connection's thread.

extension ResponseStream {
    /// The stream of one call: its messages go to the connection's thread, and wait there.
    init(on stream: StreamID, of bound: NIOLoopBound<ServerHandler>, loop: any EventLoop) {
        self.init { payload throws(Status) in
            guard !Task.isCancelled else { throw Status(.cancelled, "the call is over") }

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

extension RequestStream {
    /// The messages of one call's caller: read on the connection's thread, and waited for there.
    init(on stream: StreamID, of bound: NIOLoopBound<ServerHandler>, loop: any EventLoop) {
        self.init { () async throws(Status) -> Payload? in
            guard !Task.isCancelled else { throw Status(.cancelled, "the call is over") }

            let outcome: Result<Payload?, CallFailure> = await withTaskCancellationHandler {
                await withCheckedContinuation { next in
                    if loop.inEventLoop {
                        bound.value.next(on: stream, next)
                    } else {
                        loop.execute { bound.value.next(on: stream, next) }
                    }
                }
            } onCancel: {
                loop.execute { bound.value.releaseReader(of: stream) }
            }
            do throws(CallFailure) {
                return try outcome.get()
            } catch {
                throw error.status
            }
        }
    }
}
