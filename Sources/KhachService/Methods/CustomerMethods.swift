internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.CustomerService`.
///
/// Records go out as they are stored: they are spliced into the reply, never decoded.
struct CustomerMethods {
    private static let service = "khach.v1.CustomerService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(Self.service, "GetCustomer", needs: .permission(.read), self.getCustomer())
        rows.add(
            Self.service,
            "ListCustomers",
            needs: .permission(.read),
            .unary { (context, payload) async throws(Status) in
                try await self.listCustomers(context, payload)
            }
        )
        rows.add(
            Self.service,
            "CountCustomers",
            needs: .permission(.read),
            .unary { (context, payload) async throws(Status) in
                try await self.countCustomers(context, payload)
            }
        )
    }

    /// In place where the store can, since a point read is bounded (architecture, decision 3).
    private func getCustomer() -> MethodTable.Handler {
        let store = self.environment.store
        guard let reads = store as? any PointReads else {
            return .unary { (_, payload) async throws(Status) in
                let id = try Self.requestedID(payload)
                return try Self.reply(try await mapErrors { try await store.customer(id) })
            }
        }

        return .inPlace { (_, payload) throws(Status) in
            let id = try Self.requestedID(payload)
            return try Self.reply(try mapErrorsInPlace { try reads.customerInPlace(id) })
        }
    }

    private static func requestedID(_ payload: Payload) throws(Status) -> CustomerID {
        let request = try Khach_V1_GetCustomerRequest.request(payload)
        return try mapErrorsInPlace { try CustomerID(request.id, field: "id") }
    }

    /// `GetCustomerResponse`: customer = 1, business_id = 2, seq = 3.
    private static func reply(_ customer: StoredCustomer?) throws(Status) -> Payload {
        guard let customer else {
            throw Status(.notFound, reason: "NOT_FOUND", "id: a customer expected, found none")
        }

        var writer = PayloadWriter(capacity: customer.record.count + 32)
        writer.write(customer.record, field: 1)
        writer.write(customer.businessID.text, field: 2)
        writer.write(customer.seq, field: 3)
        return writer.payload
    }

    /// `ListCustomersResponse`: customers = 1, next_page_token = 2, as_of_seq = 3.
    private func listCustomers(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        try Self.checkPages(payload)
        let request = try Khach_V1_ListCustomersRequest.request(payload)
        return try await mapErrors {
            let filter = try RequestedFilter(request.filter)
            let rows = try requestedRows(request.pageSize)
            let order = try CustomerOrder(request.order, isSearch: filter.name != nil)
            let tokens = self.tokens(filter, order)
            let zone = try await requestedZone(
                of: filter.business,
                field: "filter.business_id",
                self.environment
            )
            let query = CustomerQuery(
                filter: filter.instants(in: zone),
                order: order,
                after: try self.position(request.pageToken, filter, order),
                rowsMax: rows
            )
            let page = try await self.page(
                query,
                deadline: self.environment.queryDeadline(context)
            )

            var writer = PayloadWriter(capacity: page.bytes.count + page.ranges.count * 4 + 128)
            for range in page.ranges { writer.write(page.bytes[range], field: 1) }
            if let next = page.next {
                writer.write(
                    tokens.text([Int64(next.rank), next.key.milliseconds, next.id.rawValue]),
                    field: 2
                )
            }
            writer.write(page.head, field: 3)
            return writer.payload
        }
    }

    /// The rows of a query, or fewer when so many do not fit a reply.
    private func page(
        _ query: CustomerQuery,
        deadline: Deadline
    ) async throws(StoreError) -> CustomerPage {
        var query = query
        while true {
            let page = try await self.environment.store.customers(query, deadline: deadline)
            guard page.bytes.count > ServiceLimits.replyBytesMax, query.rowsMax > 1 else {
                return page
            }
            query.rowsMax /= 2
        }
    }

    private func countCustomers(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        try Self.checkPages(payload)
        let request = try Khach_V1_CountCustomersRequest.request(payload)
        let count = try await mapErrors {
            let filter = try RequestedFilter(request.filter)
            let zone = try await requestedZone(
                of: filter.business,
                field: "filter.business_id",
                self.environment
            )
            return try await self.environment.store.count(
                filter.instants(in: zone),
                deadline: self.environment.queryDeadline(context)
            )
        }
        return try Khach_V1_CountCustomersResponse.with {
            $0.count = UInt64(count.count)
            $0.isCapped = count.isCapped
            $0.asOfSeq = count.head
        }.reply()
    }

    private func tokens(_ filter: RequestedFilter, _ order: CustomerOrder) -> PageToken {
        PageToken(
            seal: self.environment.seal,
            list: "customers",
            filter: filter.canonicalBytes(order)
        )
    }

    /// Where a page of this filter's list begins.
    func position(
        _ pageToken: String,
        _ filter: RequestedFilter,
        _ order: CustomerOrder
    ) throws(InputError) -> CustomerPosition? {
        try self.tokens(filter, order).numbers(pageToken, count: 3).map {
            CustomerPosition(
                rank: Int32(clamping: $0[0]),
                key: Instant(milliseconds: $0[1]),
                id: CustomerID(rawValue: $0[2])
            )
        }
    }

    /// Counts the page ids before they are decoded (architecture, decision 15): `filter` = 1 of
    /// every request that has one, `page_ids` = 2 of it.
    ///
    /// What else repeats are numbers, which are within the bytes that a filter may have.
    static func checkPages(_ payload: Payload) throws(Status) {
        let most = Limits.filterPagesMax
        let filters = payload.withUnsafeBytes { bytes in
            (ItemScan(bytes, field: 1, itemsMax: most)?.items ?? []).map { filter in
                let nested = UnsafeRawBufferPointer(rebasing: bytes[filter])
                return (
                    pages: ItemScan(nested, field: 2, itemsMax: most)?.items.count ?? 0,
                    bytes: filter.count
                )
            }
        }
        guard filters.reduce(0, { $0 + $1.pages }) <= most else {
            throw Status(
                InputError("filter.page_ids", "at most \(most) expected, found more")
            )
        }
        let bytes = filters.reduce(0) { $0 + $1.bytes }
        guard bytes <= ServiceLimits.filterBytesMax else {
            throw Status(
                InputError(
                    "filter",
                    "at most \(ServiceLimits.filterBytesMax) bytes expected, found \(bytes)"
                )
            )
        }
    }
}

/// The zone of a business that is there; its days are turned into instants with it.
func requestedZone(
    of id: BusinessID,
    field: String,
    _ environment: ServiceEnvironment
) async throws -> LocalZone {
    guard let business = try await environment.store.business(id) else {
        throw Status(
            .notFound,
            reason: "NOT_FOUND",
            "\(field): a business expected, found none"
        )
    }
    guard let zone = environment.zones.zone(named: business.timeZone) else {
        throw Status(
            .failedPrecondition,
            reason: "TIME_ZONE_UNKNOWN",
            "tzdata with \(business.timeZone) expected, found none"
        )
    }
    return zone
}
