internal import GRPCCore
internal import NIOCore
internal import TTRPC
internal import TTRPCNIO

/// Every method of a table as a gRPC method; the handlers are the table's own.
struct TableMethods: RegistrableRPCService {
    let table: MethodTable
    let connections: OpenConnections
    let strangers: Strangers
    let onProtocolError: @Sendable (ProtocolError) -> Void
    let naming: RefusalNaming
    let limits: Limits
    let now: @Sendable () -> MonotonicInstant

    func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
        for name in self.table.names {
            let parts = name.split(separator: "/").map(String.init)
            guard case .success(let handler) = self.table.handler(parts[0], parts[1]) else {
                preconditionFailure("\(name): a method of the table expected")
            }
            router.registerHandler(
                forMethod: MethodDescriptor(fullyQualifiedService: parts[0], method: parts[1]),
                deserializer: RawBytes(),
                serializer: RawBytes()
            ) { request, call in
                let found = self.connection(of: request.metadata)
                let origin = found?.nextOrigin() ?? CallOrigin(.grpc)
                guard let connection = found, !connection.isUnwelcome else {
                    let closing = TTRPC.Status(.unavailable, "the connection is closing")
                    throw self.naming(closing, origin, TTRPC.Metadata()).overGRPC
                }

                var told: Told = { self.told($0, connection, origin, TTRPC.Metadata()) }
                do throws(TTRPC.Status) {
                    let context = try self.context(
                        parts[0],
                        parts[1],
                        request.metadata,
                        connection,
                        origin
                    )
                    told = { self.told($0, connection, origin, context.metadata) }
                    let task = CallTask(
                        deadline: context.deadline,
                        cancellation: call.cancellation,
                        now: self.now
                    )
                    return try await self.answer(handler, context, request.messages, task, told)
                } catch {
                    throw told(error)
                }
            }
        }
    }

    /// What a refusal is for who called.
    private typealias Told = @Sendable (TTRPC.Status) -> RPCError

    /// The connection that a call came by, as long as it is there.
    private func connection(of metadata: GRPCCore.Metadata) -> Connection? {
        ConnectionLabel.number(in: metadata).flatMap { self.connections.connection($0) }
    }

    /// Ends the connection behind the answer once its address has failed to be known too often.
    ///
    /// One that is refused as too many too often is not read for a while.
    private func told(
        _ status: TTRPC.Status,
        _ connection: Connection,
        _ origin: CallOrigin,
        _ metadata: TTRPC.Metadata
    ) -> RPCError {
        if status.code == .resourceExhausted { connection.refused() }
        if status.code == .unauthenticated,
            !self.strangers.mayGoOn(connection.address, now: self.now())
        {
            self.onProtocolError(.tooManyStrangers)
            connection.dismiss(after: .milliseconds(Int64(self.limits.leaveMillisecondsMax)))
        }
        return self.naming(status, origin, metadata).overGRPC
    }

    private func context(
        _ service: String,
        _ method: String,
        _ metadata: GRPCCore.Metadata,
        _ connection: Connection,
        _ origin: CallOrigin
    ) throws(TTRPC.Status) -> CallContext {
        CallContext(
            service: service,
            method: method,
            metadata: try metadata.entries(self.limits),
            deadline: metadata.timeoutNanoseconds.map { timeout in
                MonotonicInstant(
                    nanoseconds: self.now().nanoseconds
                        + min(timeout, self.limits.timeoutNanosecondsMax)
                )
            },
            peer: connection.peer,
            mark: connection.mark,
            origin: origin
        )
    }

    private func answer(
        _ handler: MethodTable.Handler,
        _ context: CallContext,
        _ messages: RPCAsyncSequence<Payload, any Error>,
        _ task: CallTask,
        _ told: @escaping Told
    ) async throws(TTRPC.Status) -> StreamingServerResponse<Payload> {
        switch handler {
        case .inPlace(let body):
            return .one(try body(context, try await messages.only()))
        // The first of the two belongs to the thread of a ttrpc connection.
        case .inPlaceOrTask(_, let body), .unary(let body):
            let message = try await messages.only()
            return .one(
                try await task.run { () async throws(TTRPC.Status) in
                    try await body(context, message)
                }
            )
        case .clientStreaming(let body):
            let requests = RequestStream(from: messages)
            return .one(
                try await task.run { () async throws(TTRPC.Status) in
                    try await body(context, requests)
                }
            )
        case .serverStreaming(let body):
            let message = try await messages.only()
            return .many(task, told) { (responses) async throws(TTRPC.Status) in
                try await body(context, message, responses)
            }
        case .bidirectional(let body):
            let requests = RequestStream(from: messages)
            return .many(task, told) { (responses) async throws(TTRPC.Status) in
                try await body(context, requests, responses)
            }
        }
    }
}

extension StreamingServerResponse<Payload> {
    fileprivate static func one(_ message: Payload) -> Self {
        Self(single: ServerResponse(message: message))
    }

    fileprivate static func many(
        _ task: CallTask,
        _ told: @escaping @Sendable (TTRPC.Status) -> RPCError,
        _ body: @escaping @Sendable (ResponseStream) async throws(TTRPC.Status) -> Void
    ) -> Self {
        Self { writer in
            let responses = ResponseStream(to: writer)
            do throws(TTRPC.Status) {
                try await task.run { () async throws(TTRPC.Status) in try await body(responses) }
            } catch {
                throw told(error)
            }
            return [:]
        }
    }
}

extension RPCAsyncSequence<Payload, any Error> {
    /// The one message of a caller who sends no more.
    fileprivate func only() async throws(TTRPC.Status) -> Payload {
        var messages = self.makeAsyncIterator()
        do {
            if let message = try await messages.next(), try await messages.next() == nil {
                return message
            }
        } catch let error as RPCError {
            throw TTRPC.Status(error)
        } catch {
            throw TTRPC.Status(.cancelled, "the call is over")
        }
        throw TTRPC.Status(.invalidArgument, "one message expected, found none or more")
    }
}
