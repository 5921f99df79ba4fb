internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.CustomerService/ExportCustomers`: customers as a file (domain.md §4.10).
struct ExportMethods {
    private static let service = "khach.v1.CustomerService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "ExportCustomers",
            needs: .permission(.export),
            .serverStreaming { (context, payload, responses) async throws(Status) in
                try await self.exportCustomers(context, payload, responses)
            }
        )
    }

    private func exportCustomers(
        _ context: CallContext,
        _ payload: Payload,
        _ responses: ResponseStream
    ) async throws(Status) {
        try CustomerMethods.checkPages(payload)
        try Self.checkIDs(payload)
        let request = try Khach_V1_ExportCustomersRequest.request(payload)
        try await mapErrors {
            let requested = try RequestedExport(request, self.environment.caller.permissions)
            do throws(ExportLayout.Fault) {
                try self.environment.presses.check(requested.layout)
            } catch {
                throw InputError(error.field, error.message)
            }
            let binding = ExportToken.Binding(
                seal: self.environment.seal,
                request: requested.canonicalBytes,
                caller: self.environment.caller
            )
            var token: ExportToken?
            let session: ExportSession
            if request.resumeToken.isEmpty {
                session = try await self.open(request, requested, context)
            } else {
                let opened = try binding.token(Array(request.resumeToken))
                token = opened
                session = try self.environment.exports.session(
                    opened.session,
                    now: self.environment.monotonicNow()
                )
            }
            try await self.send(session, after: token, context, binding, responses)
        }
    }

    /// `ids` = 3, counted before they are decoded (architecture, decision 15).
    private static func checkIDs(_ payload: Payload) throws(Status) {
        let most = ServiceLimits.exportIDsMax
        let isWithin = payload.withUnsafeBytes { bytes in
            (ItemScan(bytes, field: 3, itemsMax: most)?.items.count ?? 0) <= most
        }
        guard isWithin else {
            throw Status(InputError("ids", "at most \(most) expected, found more"))
        }
    }

    // MARK: A new one

    private func open(
        _ request: Khach_V1_ExportCustomersRequest,
        _ requested: RequestedExport,
        _ context: CallContext
    ) async throws -> ExportSession {
        let environment = self.environment
        let zone = try await requestedZone(
            of: requested.filter.business,
            field: "filter.business_id",
            environment
        )
        let rows = try self.rows(request, requested, requested.filter.instants(in: zone))
        let number = try environment.exports.take(
            now: environment.now(),
            monotonicNow: environment.monotonicNow()
        )
        var held: (any CustomerSnapshot)?
        do {
            let id = requested.filter.business
            let snapshot = try await environment.store.openSnapshot(of: id)
            held = snapshot
            let session = ExportSession(
                number: number,
                snapshot: snapshot,
                rows: rows,
                layout: requested.layout,
                subject: ExportSubject(
                    business: try await snapshot.business(),
                    pages: try await Self.pages(snapshot),
                    head: snapshot.head
                ),
                rowsTotal: try await rows.count(in: snapshot) {
                    environment.queryDeadline(context)
                },
                endsAt: environment.monotonicNow().nanoseconds
                    + ServiceLimits.exportNanosecondsMax
            )
            // Before the first of them leaves.
            try await environment.store.appendAudit(
                try Self.audit(session, request, requested).change(of: id),
                of: id,
                by: Authorship(actor: requested.actor, requestID: requested.requestID),
                now: environment.now()
            )
            environment.exports.add(session)
            return session
        } catch {
            held?.close()
            environment.exports.giveBack(number)
            throw error
        }
    }

    private func rows(
        _ request: Khach_V1_ExportCustomersRequest,
        _ requested: RequestedExport,
        _ filter: CustomerFilter
    ) throws(InputError) -> ExportRows {
        switch requested.scope {
        case .ids(let ids): return ExportRows(scope: .ids(ids))
        case .filter:
            let query = CustomerQuery(
                filter: filter,
                order: requested.order,
                rowsMax: ExportRows.pageRowsMax
            )
            return ExportRows(scope: .all(query))
        case .page(let rowsMax):
            let after = try CustomerMethods(environment: self.environment)
                .position(request.pageToken, requested.filter, requested.order)
            let query = CustomerQuery(
                filter: filter,
                order: requested.order,
                after: after,
                rowsMax: rowsMax
            )
            return ExportRows(scope: .page(query))
        }
    }

    /// Every page of the business, for their names.
    private static func pages(_ snapshot: any CustomerSnapshot) async throws -> [Page] {
        var pages: [Page] = []
        while true {
            let found = try await snapshot.pages(
                after: pages.last?.id,
                rowsMax: ServiceLimits.directoryRowsMax
            )
            pages += found
            guard found.count == ServiceLimits.directoryRowsMax else { return pages }
        }
    }

    private static func audit(
        _ session: ExportSession,
        _ request: Khach_V1_ExportCustomersRequest,
        _ requested: RequestedExport
    ) throws -> ExportAudit {
        let scope: ExportAudit.Scope =
            switch requested.scope {
            case .filter: .filter
            case .ids: .ids
            case .page: .page
            }
        var filter = request.filter
        filter.nameQuery = ""
        return ExportAudit(
            scope: scope,
            filter: try filter.jsonString(),
            hasNameQuery: !request.filter.nameQuery.isEmpty,
            layout: session.layout,
            rowsCount: session.rowsTotal,
            head: session.subject.head
        )
    }

    // MARK: Sending it

    /// Sends it, and keeps it for a while when its reader goes away.
    private func send(
        _ session: ExportSession,
        after token: ExportToken?,
        _ context: CallContext,
        _ binding: ExportToken.Binding,
        _ responses: ResponseStream
    ) async throws {
        let environment = self.environment
        let turn = try session.enter()
        let stream = ExportStream(
            environment: environment,
            context: context,
            session: session,
            binding: binding,
            responses: responses,
            turn: turn
        )
        func park(_ nanoseconds: UInt64, isFinished: Bool) {
            let until = environment.monotonicNow().nanoseconds + nanoseconds
            session.park(turn, until: until, isFinished: isFinished)
        }
        do {
            try await stream.run(after: token)
            park(ServiceLimits.exportFinishedNanosecondsMax, isFinished: true)
        } catch {
            let isCut =
                error is CancellationError || (error as? Status)?.code == .cancelled
                || (error as? StoreError)?.code == .cancelled
            if isCut {
                park(ServiceLimits.exportParkedNanosecondsMax, isFinished: false)
            } else {
                environment.exports.remove(session)
            }
            throw error
        }
    }
}
