internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// Blocks and unblocks, and what gateways say to them (domain.md §4.4).
struct BlockMethods {
    private static let service = "khach.v1.CustomerService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let methods: [(String, Need, @Sendable (Payload) async throws(Status) -> Payload)] = [
            ("BlockCustomers", .permission(.block), self.blockCustomers),
            ("UnblockCustomers", .permission(.block), self.unblockCustomers),
            ("SettleBlocks", .permission(.record), self.settleBlocks),
            ("ListPendingBlocks", .permission([.read, .record]), self.listPendingBlocks),
        ]
        for (name, need, method) in methods {
            rows.add(
                Self.service,
                name,
                needs: need,
                .unary { (_, payload) async throws(Status) in try await method(payload) }
            )
        }
    }

    /// One customer of a request: what is asked, or what its id was refused for.
    private enum Item {
        case valid(BlockItem)
        case refused(Khach_V1_BlockOutcome)
    }

    @Sendable private func blockCustomers(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 1, "ids", 1...Limits.blockBatchMax)
        let request = try Khach_V1_BlockCustomersRequest.request(payload)
        let outcomes = try await mapErrors {
            let reason = try checkedText(request.reason, "reason", 0...Limits.reasonBytesMax)
            let author = try self.environment.author(request.mutation, payload)
            let items = request.ids.map { Self.item($0, .block, reason) }
            return try await self.change(items, by: author)
        }
        return try Khach_V1_BlockCustomersResponse.with { $0.outcomes = outcomes }.reply()
    }

    @Sendable private func unblockCustomers(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 1, "ids", 1...Limits.blockBatchMax)
        let request = try Khach_V1_UnblockCustomersRequest.request(payload)
        let outcomes = try await mapErrors {
            let reason = try checkedText(request.reason, "reason", 0...Limits.reasonBytesMax)
            let author = try self.environment.author(request.mutation, payload)
            let items = request.ids.map { Self.item($0, .unblock, reason) }
            return try await self.change(items, by: author)
        }
        return try Khach_V1_UnblockCustomersResponse.with { $0.outcomes = outcomes }.reply()
    }

    @Sendable private func settleBlocks(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 1, "verdicts", 1...Limits.blockBatchMax)
        let request = try Khach_V1_SettleBlocksRequest.request(payload)
        let outcomes = try await mapErrors {
            let author = try self.environment.author(request.mutation, payload)
            var items: [Item] = []
            for (index, verdict) in request.verdicts.enumerated() {
                let error = try checkedText(
                    verdict.error,
                    "verdicts[\(index)].error",
                    0...Limits.reasonBytesMax
                )
                let action: BlockRules.Action = verdict.confirmed ? .confirm : .refuse
                items.append(Self.item(verdict.customerID, action, error, field: "customer_id"))
            }
            return try await self.change(items, by: author)
        }
        return try Khach_V1_SettleBlocksResponse.with { $0.outcomes = outcomes }.reply()
    }

    private static func item(
        _ id: String,
        _ action: BlockRules.Action,
        _ reason: String,
        field: String = "id"
    ) -> Item {
        do throws(InputError) {
            let id = try CustomerID(id, field: field)
            return .valid(BlockItem(id: id, action: action, reason: reason))
        } catch {
            return .refused(
                .with {
                    $0.customerID = id
                    $0.result = .failed
                    $0.error.reason = "INVALID_FIELD"
                    $0.error.message = "\(error.field): \(error.message)"
                }
            )
        }
    }

    private func change(
        _ items: [Item],
        by author: Authorship
    ) async throws -> [Khach_V1_BlockOutcome] {
        let valid = items.compactMap { item -> BlockItem? in
            guard case .valid(let valid) = item else { return nil }

            return valid
        }
        let answers =
            valid.isEmpty
            ? []
            : try await self.environment.store.changeBlocks(
                valid,
                by: author,
                now: self.environment.now()
            )
        var rest = zip(valid, answers).makeIterator()
        return items.map { item in
            switch item {
            case .refused(let outcome): outcome
            case .valid: rest.next().map { Khach_V1_BlockOutcome($0.0.id, $0.1) } ?? .init()
            }
        }
    }

    @Sendable private func listPendingBlocks(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListPendingBlocksRequest.request(payload)
        return try await mapErrors {
            let page = try PageID(request.pageID, field: "page_id")
            let rows = try requestedRows(request.pageSize)
            var filter: [UInt8] = []
            filter.appendInteger(UInt64(bitPattern: page.rawValue))
            let tokens = PageToken(seal: self.environment.seal, list: "pending", filter: filter)
            let after = try tokens.numbers(request.pageToken, count: 1)
            guard try await self.environment.store.page(page) != nil else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "page_id: a page expected, found none"
                )
            }
            let found = try await self.environment.store.pendingBlocks(
                of: page,
                after: after.map { CustomerID(rawValue: $0[0]) },
                rowsMax: rows + 1
            )

            var writer = PayloadWriter(capacity: found.count << 8)
            var count = 0
            for customer in found.prefix(rows)
            where count == 0 || writer.count <= ServiceLimits.replyBytesMax {
                writer.write(customer.record, field: 1)
                count += 1
            }
            if found.count > count, let last = CustomerID(record: found[count - 1].record) {
                writer.write(tokens.text([last.rawValue]), field: 2)
            }
            return writer.payload
        }
    }
}

extension CustomerID {
    /// The id of a stored record.
    fileprivate init?(record: [UInt8]) {
        guard let customer = try? Khach_V1_Customer(serializedBytes: record),
            let id = CustomerID(text: customer.id)
        else { return nil }

        self = id
    }
}

extension Khach_V1_BlockOutcome {
    fileprivate init(_ id: CustomerID, _ answer: BlockAnswer) {
        self.init()
        self.customerID = id.text
        self.state =
            answer.state.flatMap { Khach_V1_Block.State(rawValue: Int($0.rawValue)) }
            ?? .unspecified
        switch answer.result {
        case .done: self.result = .done
        case .pending: self.result = .pending
        case .noChange: self.result = .noChange
        case .failed: self.result = .failed
        }
        guard let refusal = answer.refusal else { return }

        self.error.reason = refusal.reason
        self.error.message = refusal.message
    }
}
