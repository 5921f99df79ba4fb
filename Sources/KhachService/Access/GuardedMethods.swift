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
                table.add(service, method, self.guarded(row))
            }
        }
        return table
    }

    private func guarded(_ row: MethodRows.Row) -> MethodTable.Handler {
        guard row.need != .nothing else { return row.handler }

        switch row.handler {
        case .inPlace:
            return .inPlace { (context, payload) throws(Status) in
                let call = try self.admitted(context, row)
                guard case .inPlace(let body) = call.handler else { throw Self.otherKind }

                try self.shares.checkTurn(call.caller)
                return try body(context, payload)
            }
        case .inPlaceOrTask:
            return .inPlaceOrTask(
                { (context, payload) throws(Status) in
                    let call = try self.admitted(context, row)
                    guard case .inPlaceOrTask(let body, _) = call.handler else {
                        throw Self.otherKind
                    }

                    return try self.shares.inPlace(call.caller) { () throws(Status) in
                        try body(context, payload)
                    }
                },
                { (context, payload) async throws(Status) in
                    let call = try self.admitted(context, row)
                    guard case .inPlaceOrTask(_, let body) = call.handler else {
                        throw Self.otherKind
                    }

                    return try await self.task(call, row, payload) { () async throws(Status) in
                        try await body(context, payload)
                    }
                }
            )
        case .unary:
            return .unary { (context, payload) async throws(Status) in
                let call = try self.admitted(context, row)
                guard case .unary(let body) = call.handler else { throw Self.otherKind }

                return try await self.task(call, row, payload) { () async throws(Status) in
                    try await body(context, payload)
                }
            }
        case .serverStreaming:
            return .serverStreaming { (context, payload, responses) async throws(Status) in
                let call = try self.admitted(context, row)
                guard case .serverStreaming(let body) = call.handler else { throw Self.otherKind }

                try await self.task(call, row, payload) { () async throws(Status) in
                    try await self.environment.callers.watched(context) {
                        () async throws(Status) in
                        try await body(context, payload, responses)
                    }
                }
            }
        case .clientStreaming, .bidirectional:
            preconditionFailure("no method takes a stream yet; one that does is to be watched here")
        }
    }

    private var shares: CallerShares { self.environment.shares }

    private func task<Answer: Sendable>(
        _ call: AdmittedCall,
        _ row: MethodRows.Row,
        _ payload: Payload,
        _ body: @escaping @Sendable () async throws(Status) -> Answer
    ) async throws(Status) -> Answer {
        try await self.shares.task(
            call.caller,
            holds: row.life == .works,
            bytes: payload.count,
            body
        )
    }

    /// The method as this caller has it.
    private func admitted(
        _ context: CallContext,
        _ row: MethodRows.Row
    ) throws(Status) -> AdmittedCall {
        let admission = try self.admission(context)
        let caller = admission.known.caller
        try row.need.check(caller)
        return AdmittedCall(caller: caller, handler: admission.handlers[row.index])
    }

    /// Who calls: as the connection's last call found, when that shows the same and still holds.
    private func admission(_ context: CallContext) throws(Status) -> Admission {
        let secret = context.metadata[Callers.key]
        if let last = context.mark?.memo as? Admission, last.shows(secret),
            self.environment.callers.holds(last.known)
        {
            return last
        }

        let known = try self.environment.callers.known(of: context)
        try self.shares.checkConnection(context, known.caller)
        let admission = Admission(
            secret: secret,
            known: known,
            handlers: self.rows(of: known.caller).handlers
        )
        context.mark?.memo = admission
        return admission
    }

    private func rows(of caller: Caller) -> MethodRows {
        guard let token = caller.token else { return self.everything }

        return self.scoped.withLock { scoped in
            if let rows = scoped[token] { return rows }
            let rows = khachRows(self.environment.scoped(to: caller))
            scoped[token] = rows
            return rows
        }
    }

    /// Somebody who is known by a connection and what a call shows, and the methods over what that
    /// one sees.
    private final class Admission: Sendable {
        /// `nil`: the connection alone tells.
        let secret: [UInt8]?
        let known: Callers.Known
        let handlers: [MethodTable.Handler]

        init(secret: String?, known: Callers.Known, handlers: [MethodTable.Handler]) {
            self.secret = secret.map { Array($0.utf8) }
            self.known = known
            self.handlers = handlers
        }

        /// Whether a call shows the same.
        ///
        /// A proxy may bring calls of several callers by one connection: how long it takes says
        /// nothing of what is not the same, but its length.
        func shows(_ other: String?) -> Bool {
            guard let secret = self.secret, let other else {
                return self.secret == nil && other == nil
            }
            return other.utf8.withContiguousStorageIfAvailable { bytes in
                guard secret.count == bytes.count else { return false }

                var difference: UInt8 = 0
                for index in bytes.indices { difference |= secret[index] ^ bytes[index] }
                return difference == 0
            } ?? false
        }
    }

    /// A call that may be made: by whom, and the method over what that one sees.
    private struct AdmittedCall {
        var caller: Caller
        var handler: MethodTable.Handler
    }

    /// A method is run in the same way whoever calls it.
    private static var otherKind: Status {
        Status(.internal, "a method of one kind expected, found another")
    }
}
