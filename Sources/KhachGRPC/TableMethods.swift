internal import GRPCCore
internal import TTRPC

/// Every method of a table as a gRPC method; the handlers are the table's own.
struct TableMethods: RegistrableRPCService {
    let table: MethodTable
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
            ) { request, _ in
                let context = self.context(parts[0], parts[1], request.metadata)
                let message = try await ServerRequest(stream: request).message
                return try await self.answer(handler, context, message)
            }
        }
    }

    private func context(
        _ service: String,
        _ method: String,
        _ metadata: GRPCCore.Metadata
    ) -> CallContext {
        CallContext(
            service: service,
            method: method,
            metadata: TTRPC.Metadata(metadata.entries),
            deadline: metadata.timeoutNanoseconds.map { timeout in
                MonotonicInstant(
                    nanoseconds: self.now().nanoseconds
                        + min(timeout, self.limits.timeoutNanosecondsMax)
                )
            }
        )
    }

    private func answer(
        _ handler: MethodTable.Handler,
        _ context: CallContext,
        _ message: Payload
    ) async throws -> StreamingServerResponse<Payload> {
        switch handler {
        case .inPlace(let body):
            return try await self.unary(context) { () async throws(TTRPC.Status) in
                try body(context, message)
            }
        // The first of the two belongs to the thread of a ttrpc connection.
        case .inPlaceOrTask(_, let body), .unary(let body):
            return try await self.unary(context) { () async throws(TTRPC.Status) in
                try await body(context, message)
            }
        case .serverStreaming(let body):
            return StreamingServerResponse { writer in
                let responses = ResponseStream(to: writer)
                try await self.run(context) { () async throws(TTRPC.Status) in
                    try await body(context, message, responses)
                }
                return [:]
            }
        }
    }

    private func unary(
        _ context: CallContext,
        _ body: @escaping @Sendable () async throws(TTRPC.Status) -> Payload
    ) async throws -> StreamingServerResponse<Payload> {
        StreamingServerResponse(
            single: ServerResponse(message: try await self.run(context, body))
        )
    }

    /// Runs a body as a task that ends with its call: cancelled, past its deadline, or cut.
    private func run<Answer: Sendable>(
        _ context: CallContext,
        _ body: @escaping @Sendable () async throws(TTRPC.Status) -> Answer
    ) async throws -> Answer {
        let task = Task { () async -> Result<Answer, TTRPC.Status> in
            do throws(TTRPC.Status) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        let outcome = await withTaskCancellationHandler {
            await withRPCCancellationHandler {
                await task.value
            } onCancelRPC: {
                task.cancel()
            }
        } onCancel: {
            task.cancel()
        }
        switch outcome {
        case .success(let answer): return answer
        case .failure(let status): throw self.told(status, context).overGRPC
        }
    }

    /// A body that was cancelled at its deadline is told as that.
    private func told(_ status: TTRPC.Status, _ context: CallContext) -> TTRPC.Status {
        guard status.code == .cancelled, let deadline = context.deadline, deadline <= self.now()
        else { return status }

        return TTRPC.Status(.deadlineExceeded, "the deadline passed")
    }
}

extension ResponseStream {
    /// The stream of one call; HTTP/2's windows say when there is room for the next message.
    fileprivate init(to writer: RPCWriter<Payload>) {
        self.init { payload throws(TTRPC.Status) in
            guard !Task.isCancelled else { throw TTRPC.Status(.cancelled, "the call is over") }

            do {
                try await writer.write(payload)
            } catch {
                throw TTRPC.Status(.cancelled, "the call is over")
            }
        }
    }
}
