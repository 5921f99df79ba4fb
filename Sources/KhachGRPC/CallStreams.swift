internal import GRPCCore
internal import TTRPC

// The two ends that a streaming handler holds.

extension ResponseStream {
    /// The stream of one call; HTTP/2's windows say when there is room for the next message.
    init(to writer: RPCWriter<Payload>) {
        self.init { payload throws(TTRPC.Status) in
            guard !Task.isCancelled else { throw .over }

            do {
                try await writer.write(payload)
            } catch {
                throw .over
            }
        }
    }
}

extension RequestStream {
    /// The messages of one call's caller; HTTP/2's windows say how many may wait.
    init(from messages: RPCAsyncSequence<Payload, any Error>) {
        let reader = MessageReader(messages)
        self.init { () async throws(TTRPC.Status) -> Payload? in
            guard !Task.isCancelled else { throw .over }

            do {
                return try await reader.next()
            } catch let error as RPCError {
                throw TTRPC.Status(error)
            } catch {
                throw .over
            }
        }
    }
}

/// Lends its one reader the messages of a call.
private actor MessageReader {
    private var messages: RPCAsyncSequence<Payload, any Error>.AsyncIterator

    init(_ messages: RPCAsyncSequence<Payload, any Error>) {
        self.messages = messages.makeAsyncIterator()
    }

    func next() async throws -> Payload? {
        // An iterator that waits cannot stay in an actor; there is one reader, so nobody misses it.
        var messages = self.messages
        defer { self.messages = messages }
        return try await messages.next(isolation: self)
    }
}

extension TTRPC.Status {
    /// What a handler hears when nobody waits for it any more.
    fileprivate static var over: TTRPC.Status { TTRPC.Status(.cancelled, "the call is over") }
}
