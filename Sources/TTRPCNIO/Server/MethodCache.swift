internal import NIOCore
internal import TTRPC

/// The methods one connection has called, found by the bytes of their names.
///
/// A connection calls the same few methods again and again; this spares two strings and two hash
/// look-ups per request. Bounded by the table it caches: only names that exist are kept.
struct MethodCache {
    struct Entry {
        let service: String
        let method: String
        let handler: MethodTable.Handler
        fileprivate let serviceBytes: ByteBuffer
        fileprivate let methodBytes: ByteBuffer
    }

    private let table: MethodTable
    private var entries: [Entry] = []
    private var latest = 0

    init(_ table: MethodTable) {
        self.table = table
    }

    /// The method a request names, or the status that says there is none.
    mutating func entry(for request: Request) throws(Status) -> Entry {
        if self.latest < self.entries.count, self.entries[self.latest].answers(request) {
            return self.entries[self.latest]
        }
        if let index = self.entries.firstIndex(where: { $0.answers(request) }) {
            self.latest = index
            return self.entries[index]
        }

        let service = String(buffer: request.service)
        let method = String(buffer: request.method)
        let entry = Entry(
            service: service,
            method: method,
            handler: try self.table.handler(service, method).get(),
            serviceBytes: ByteBuffer(string: service),
            methodBytes: ByteBuffer(string: method)
        )
        self.latest = self.entries.count
        self.entries.append(entry)
        return entry
    }
}

extension CallOrigin {
    /// Of a call over ttrpc.
    init(connection: UInt64, _ stream: StreamID) {
        self.init(.ttrpc, connection: connection, call: UInt64(stream.number))
    }
}

extension MethodCache.Entry {
    /// What the method's handler may know of a call.
    func context(
        of call: ServerConnection.Call,
        from peer: Peer?,
        _ mark: any CallerMark,
        by connection: UInt64
    ) -> CallContext {
        CallContext(
            service: self.service,
            method: self.method,
            metadata: call.request.metadata,
            deadline: call.deadline,
            peer: peer,
            mark: mark,
            origin: CallOrigin(connection: connection, call.stream)
        )
    }

    @inline(__always)
    fileprivate func answers(_ request: Request) -> Bool {
        self.methodBytes == request.method && self.serviceBytes == request.service
    }
}
