internal import KhachCore
internal import KhachProto
internal import KhachService
internal import SwiftProtobuf
internal import Synchronization
internal import TTRPC
internal import Testing

/// A peer of WatchChanges: it takes one message at a time, and the next when the test says so.
final class WatchReader: Sendable {
    private struct State {
        /// What was sent and is not read yet; one that holds back has at most one.
        var events: [String] = []
        var isEnded = false
        var reader: CheckedContinuation<Void, Never>?
        /// Who sends, while it is held back.
        var sender: CheckedContinuation<Void, Never>?
        var isHeld = false
    }

    private let state = Mutex(State())

    var stream: ResponseStream {
        ResponseStream { payload throws(Status) in
            guard let event = try? Khach_V1_WatchChangesResponse(serializedBytes: payload) else {
                throw Status(.internal, "an event expected")
            }

            await self.take(event)
            guard !Task.isCancelled else { throw Status(.cancelled, "the call is over") }
        }
    }

    /// The next event; "end" behind the last.
    func next() async -> String {
        while true {
            let event = self.state.withLock { state -> String? in
                if !state.events.isEmpty { return state.events.removeFirst() }
                return state.isEnded ? "end" : nil
            }
            if let event { return event }

            await withCheckedContinuation { reader in
                let isAwake = self.state.withLock { state in
                    guard state.events.isEmpty, !state.isEnded else { return true }

                    state.reader = reader
                    return false
                }
                if isAwake { reader.resume() }
            }
        }
    }

    /// From now on the peer has no room for what is sent, until `release`.
    func hold() {
        self.state.withLock { $0.isHeld = true }
    }

    func release() {
        let sender = self.state.withLock { state in
            state.isHeld = false
            return state.sender.take()
        }
        sender?.resume()
    }

    func end() {
        let reader = self.state.withLock { state in
            state.isEnded = true
            return state.reader.take()
        }
        reader?.resume()
    }

    private func take(_ event: Khach_V1_WatchChangesResponse) async {
        let reader = self.state.withLock { state in
            state.events.append(Self.text(event))
            return state.reader.take()
        }
        reader?.resume()
        await withCheckedContinuation { sender in
            let isFree = self.state.withLock { state in
                guard state.isHeld else { return true }

                state.sender = sender
                return false
            }
            if isFree { sender.resume() }
        }
    }

    private static func text(_ response: Khach_V1_WatchChangesResponse) -> String {
        switch response.event {
        case .poke(let poke): "poke \(poke.headSeq)"
        case .bookmark(let bookmark): "bookmark \(bookmark.seq)"
        case nil: "nothing"
        }
    }
}

extension ServiceHarness {
    static let watch = "khach.v1.SyncService/WatchChanges"

    /// Watches until the stream ends; then the reader has ended too.
    func watch(
        _ business: Khach_V1_Business,
        _ cursor: [UInt8] = [],
        to reader: WatchReader
    ) async throws(Status) {
        defer { reader.end() }
        let parts = Self.watch.split(separator: "/").map(String.init)
        guard case .serverStreaming(let body) = try self.table.handler(parts[0], parts[1]).get()
        else { throw Status(.unimplemented, "a streaming method expected") }

        let payload: Payload
        do {
            payload = try Khach_V1_WatchChangesRequest.with {
                $0.businessID = business.id
                $0.cursor.append(contentsOf: cursor)
            }.serializedBytes()
        } catch {
            throw Status(.internal, "a request expected")
        }
        let context = CallContext(service: parts[0], method: parts[1])
        try await body(context, payload, reader.stream)
    }

    /// The cursor of a cache that has everything up to a sequence.
    func cursor(_ business: Khach_V1_Business, after seq: UInt64) throws -> [UInt8] {
        let id = try #require(BusinessID(text: business.id))
        return SyncCursor(business: id, position: .delta(after: seq))
            .sealed(by: self.seal, generation: self.store.generation)
    }
}
