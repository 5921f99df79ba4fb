internal import KhachCore
internal import Synchronization
internal import TTRPC

/// Every method behind one gate: who calls, whether it may, and then the method itself over what
/// the caller may see of the store.
final class GuardedMethods: Sendable {
    private let environment: ServiceEnvironment
    private let everything: MethodRows
    /// The rows of callers who do not see everything, by token.
    private let scoped = Mutex<[TokenID: MethodRows]>([:])

    init(_ environment: ServiceEnvironment) {
        self.environment = environment
        self.everything = khachRows(environment)
    }

    func table() -> MethodTable {
        var table = MethodTable()
        for (service, methods) in self.everything.services {
            for (method, row) in methods {
                table.add(service, method, self.guarded(service, method, row))
            }
        }
        return table
    }

    private func guarded(
        _ service: String,
        _ method: String,
        _ row: MethodRows.Row
    ) -> MethodTable.Handler {
        guard row.need != .nothing else { return row.handler }

        switch row.handler {
        case .inPlace:
            return .inPlace { (context, payload) throws(Status) in
                guard case .inPlace(let body) = try self.admitted(context, service, method, row)
                else { throw Self.otherKind }

                return try body(context, payload)
            }
        case .inPlaceOrTask:
            return .inPlaceOrTask(
                { (context, payload) throws(Status) in
                    guard
                        case .inPlaceOrTask(let body, _) = try self.admitted(
                            context,
                            service,
                            method,
                            row
                        )
                    else { throw Self.otherKind }

                    return try body(context, payload)
                },
                { (context, payload) async throws(Status) in
                    guard
                        case .inPlaceOrTask(_, let body) = try self.admitted(
                            context,
                            service,
                            method,
                            row
                        )
                    else { throw Self.otherKind }

                    return try await body(context, payload)
                }
            )
        case .unary:
            return .unary { (context, payload) async throws(Status) in
                guard case .unary(let body) = try self.admitted(context, service, method, row)
                else { throw Self.otherKind }

                return try await body(context, payload)
            }
        case .serverStreaming:
            return .serverStreaming { (context, payload, responses) async throws(Status) in
                guard
                    case .serverStreaming(let body) = try self.admitted(
                        context,
                        service,
                        method,
                        row
                    )
                else { throw Self.otherKind }

                try await self.environment.callers.watched(context) { () async throws(Status) in
                    try await body(context, payload, responses)
                }
            }
        case .clientStreaming, .bidirectional:
            preconditionFailure("no method takes a stream yet; one that does is to be watched here")
        }
    }

    /// The method as this caller has it.
    private func admitted(
        _ context: CallContext,
        _ service: String,
        _ method: String,
        _ row: MethodRows.Row
    ) throws(Status) -> MethodTable.Handler {
        let caller = try self.environment.callers.caller(of: context)
        try row.need.check(caller)
        guard let token = caller.token else { return row.handler }

        let rows = self.scoped.withLock { scoped in
            if let rows = scoped[token] { return rows }
            let rows = khachRows(self.environment.scoped(to: caller))
            scoped[token] = rows
            return rows
        }
        guard let own = rows.services[service]?[method] else { throw Self.otherKind }

        return own.handler
    }

    /// A method is run in the same way whoever calls it.
    private static var otherKind: Status {
        Status(.internal, "a method of one kind expected, found another")
    }
}
