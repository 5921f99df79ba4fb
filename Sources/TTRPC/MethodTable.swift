/// Which method answers which name, and how it is run.
///
/// Knows names and closures; starts nothing.
package struct MethodTable: Sendable {
    /// Answers one request.
    package typealias UnaryBody =
        @Sendable (CallContext, Payload) async throws(Status) -> Payload
    /// Answers one request with many messages; returning ends the stream.
    package typealias StreamingBody =
        @Sendable (CallContext, Payload, ResponseStream) async throws(Status) -> Void

    /// Answers what a caller sends, message by message, with one.
    package typealias CollectingBody =
        @Sendable (CallContext, RequestStream) async throws(Status) -> Payload
    /// Answers what a caller sends, message by message, with many; returning ends the call,
    /// whether or not the caller has said all.
    package typealias ConversingBody =
        @Sendable (CallContext, RequestStream, ResponseStream) async throws(Status) -> Void

    /// How a method is run (architecture, decision 3).
    package enum Handler: Sendable {
        /// Bounded work: runs on the connection's own thread, before the read burst is flushed.
        case inPlace(@Sendable (CallContext, Payload) throws(Status) -> Payload)
        /// Bounded work for most requests: `nil` from the first closure runs the second as a task.
        case inPlaceOrTask(
            @Sendable (CallContext, Payload) throws(Status) -> Payload?,
            UnaryBody
        )
        /// Work that waits: one child task per call.
        case unary(UnaryBody)
        /// One request, many responses. Returning ends the stream.
        case serverStreaming(StreamingBody)
        /// Many requests, one response.
        case clientStreaming(CollectingBody)
        /// Many requests, many responses, in any order. Returning ends the call.
        case bidirectional(ConversingBody)
    }

    private var services: [String: [String: Handler]] = [:]

    package init() {}

    /// Adds a method; a name can be added once.
    package mutating func add(_ service: String, _ method: String, _ handler: Handler) {
        precondition(
            self.services[service]?[method] == nil,
            "\(service)/\(method) is in the table already"
        )
        self.services[service, default: [:]][method] = handler
    }

    /// Adds every method of `other`.
    package mutating func add(_ other: MethodTable) {
        for (service, methods) in other.services {
            for (method, handler) in methods { self.add(service, method, handler) }
        }
    }

    /// The handler, or the status that Go's server answers with (wire.md §1.6).
    package func handler(_ service: String, _ method: String) -> Result<Handler, Status> {
        guard let methods = self.services[service] else {
            return .failure(Status(.unimplemented, "service \(service.echo)"))
        }
        guard let handler = methods[method] else {
            return .failure(Status(.unimplemented, "method \(method.echo)"))
        }
        return .success(handler)
    }

    /// Every name, sorted, as "service/method".
    package var names: [String] {
        self.services.flatMap { service, methods in methods.keys.map { "\(service)/\($0)" } }
            .sorted()
    }
}

extension String {
    /// As much of a peer's name as a status repeats, cut where a character ends.
    fileprivate var echo: String {
        let end = self.utf8.index(
            self.startIndex,
            offsetBy: Limits.echoBytesMax,
            limitedBy: self.endIndex
        )
        return String(self[..<(end ?? self.endIndex)])
    }
}

/// What a handler may know of the call it answers.
package struct CallContext: Sendable {
    package var service: String
    package var method: String
    package var metadata: Metadata
    /// When the caller stops waiting, on the monotonic clock; `nil` means never.
    package var deadline: MonotonicInstant?
    /// Who the connection itself shows to call; `nil` for nobody.
    package var peer: Peer?
    /// Who calls by the same connection; `nil` where connections are another's.
    package var mark: (any CallerMark)?
    package var origin: CallOrigin

    package init(
        service: String,
        method: String,
        metadata: Metadata = Metadata(),
        deadline: MonotonicInstant? = nil,
        peer: Peer? = nil,
        mark: (any CallerMark)? = nil,
        origin: CallOrigin = CallOrigin()
    ) {
        self.service = service
        self.method = method
        self.metadata = metadata
        self.deadline = deadline
        self.peer = peer
        self.mark = mark
        self.origin = origin
    }
}

/// What a refusal is for who called; asked for each that is told, also of what is no call of a
/// method.
package typealias RefusalNaming = @Sendable (Status, CallOrigin, Metadata) -> Status

/// A point on the machine's monotonic clock, in nanoseconds.
///
/// Where it comes from is the caller's business.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

/// Where a streaming method puts its responses.
package struct ResponseStream: Sendable {
    /// Sends one message; returns when the peer's side has room for the next, throws when the
    /// call is over for another reason (cancelled, deadline passed, connection gone).
    package var send: @Sendable (Payload) async throws(Status) -> Void

    package init(send: @escaping @Sendable (Payload) async throws(Status) -> Void) {
        self.send = send
    }
}

/// Where a streaming method has its caller's messages from.
package struct RequestStream: Sendable {
    /// The next message, `nil` when the caller has said all; for one reader.
    ///
    /// Throws when the call is over for another reason (cancelled, deadline passed, connection
    /// gone). Only `Limits.bufferedMessagesMax` messages wait here; who leaves them unread for
    /// longer than `Limits.unreadMillisecondsMax` loses the call, as its connection is not read
    /// meanwhile.
    package var next: @Sendable () async throws(Status) -> Payload?

    package init(next: @escaping @Sendable () async throws(Status) -> Payload?) {
        self.next = next
    }
}
