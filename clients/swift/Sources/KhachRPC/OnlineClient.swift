public import KhachProto
public import SwiftProtobuf
internal import TTRPC

/// A connection to a Khach server, with one typed method for each RPC.
///
/// Calls may be made from any task at the same time; they share the connection. It keeps no
/// cache and repeats nothing: `RPCError.isRetryable` says when repeating makes sense.
public struct OnlineClient: Sendable {
    /// How long a call waits when it does not say; `nil` means for ever.
    public var timeout: Duration?
    /// The span that the calls are made in; the server's spans are in its trace.
    public var traceParent: TraceParent?
    /// What the calls are called in the server's log and in their errors: at most 64 letters,
    /// digits and `-._:/+=`, and nothing personal; the server makes a name for any other.
    public var requestID: String?

    private let transport: Transport

    /// Makes a client over a transport that is open.
    package init(transport: Transport, timeout: Duration? = .seconds(30)) {
        self.transport = transport
        self.timeout = timeout
    }

    /// Ends the connection.
    ///
    /// Calls under way fail with `unavailable`.
    public func close() async {
        await self.transport.close()
    }

    /// Calls a method of the table.
    ///
    /// The typed methods below say the same in fewer words; this one is for generic code.
    public func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>,
        _ request: Request,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Response {
        let payload = try Self.payload(request)
        let reply: Payload
        do {
            reply = try await self.transport.call(
                method.service,
                method.name,
                payload,
                self.metadata,
                timeout ?? self.timeout
            )
        } catch {
            throw RPCError(error)
        }
        do {
            return try Response(serializedBytes: reply)
        } catch {
            throw RPCError(.internal, "a \(Response.protoMessageName) expected, \(error) found")
        }
    }

    /// Calls a method of the table that is answered with a stream.
    public func stream<Request: Message, Response: Message>(
        _ method: StreamingMethod<Request, Response>,
        _ request: Request,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Responses<Response> {
        let payload = try Self.payload(request)
        do {
            let next = try await self.transport.stream(
                method.service,
                method.name,
                payload,
                self.metadata,
                timeout
            )
            return Responses(next: next)
        } catch {
            throw RPCError(error)
        }
    }

    /// What is said beside each request.
    private var metadata: Metadata {
        let said = [
            (TTRPC.TraceParent.key, self.traceParent?.text),
            (Metadata.requestIDKey, self.requestID),
        ]
        return Metadata(
            said.compactMap { key, value in value.map { .init(key: key, value: $0) } }
        )
    }

    private static func payload<Request: Message>(
        _ request: Request
    ) throws(RPCError) -> Payload {
        do {
            return try request.serializedBytes()
        } catch {
            throw RPCError(
                .invalidArgument,
                "a complete \(Request.protoMessageName) expected, \(error) found"
            )
        }
    }

    /// Calls the method at `path` (`service/method`) with protobuf JSON in and out.
    public func call(
        _ path: String,
        json: String,
        timeout: Duration? = nil
    ) async throws(RPCError) -> String {
        guard let method = Methods.method(at: path) else {
            throw RPCError(.unimplemented, "a method of the table expected, \(path) found")
        }

        return try await method.call(self, json, timeout)
    }

    /// Makes a business.
    public func createBusiness(
        _ request: Khach_V1_CreateBusinessRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_CreateBusinessResponse {
        try await self.call(Methods.createBusiness, request, timeout: timeout)
    }

    /// Lists the businesses, a page at a time.
    public func listBusinesses(
        _ request: Khach_V1_ListBusinessesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListBusinessesResponse {
        try await self.call(Methods.listBusinesses, request, timeout: timeout)
    }

    /// Makes a page of a business.
    public func createPage(
        _ request: Khach_V1_CreatePageRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_CreatePageResponse {
        try await self.call(Methods.createPage, request, timeout: timeout)
    }

    /// Lists the pages of a business, a page of the list at a time.
    public func listPages(
        _ request: Khach_V1_ListPagesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListPagesResponse {
        try await self.call(Methods.listPages, request, timeout: timeout)
    }

    /// Records a batch of interactions; the reply comes after its commit is on disk.
    ///
    /// Safe to repeat: an interaction that is recorded already answers `duplicate`.
    public func recordInteractions(
        _ request: Khach_V1_RecordInteractionsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RecordInteractionsResponse {
        try await self.call(Methods.recordInteractions, request, timeout: timeout)
    }

    /// Records what is known of persons apart from any conversation; a profile makes no customer.
    ///
    /// Safe to repeat.
    public func recordProfiles(
        _ request: Khach_V1_RecordProfilesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_RecordProfilesResponse {
        try await self.call(Methods.recordProfiles, request, timeout: timeout)
    }

    /// Gets one customer.
    public func getCustomer(
        _ request: Khach_V1_GetCustomerRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_GetCustomerResponse {
        try await self.call(Methods.getCustomer, request, timeout: timeout)
    }

    /// Lists the customers that a filter accepts, newest first, a page at a time.
    public func listCustomers(
        _ request: Khach_V1_ListCustomersRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListCustomersResponse {
        try await self.call(Methods.listCustomers, request, timeout: timeout)
    }

    /// Counts the customers that a filter accepts.
    public func countCustomers(
        _ request: Khach_V1_CountCustomersRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_CountCustomersResponse {
        try await self.call(Methods.countCustomers, request, timeout: timeout)
    }

    /// Exports customers as a file: the data of the chunks, one after another, are its bytes.
    ///
    /// When the connection is lost, the same request with the `resumeToken` of the last chunk goes
    /// on behind it, over another connection.
    ///
    /// - Parameter timeout: how long the whole stream may take; not `timeout` of the client.
    public func exportCustomers(
        _ request: Khach_V1_ExportCustomersRequest,
        timeout: Duration? = .seconds(3_600)
    ) async throws(RPCError) -> Responses<Khach_V1_ExportCustomersResponse> {
        try await self.stream(Methods.exportCustomers, request, timeout: timeout)
    }

    /// Counts what is new and who wrote, by day; distinct ones of the whole range too.
    public func getStatistics(
        _ request: Khach_V1_GetStatisticsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_GetStatisticsResponse {
        try await self.call(Methods.getStatistics, request, timeout: timeout)
    }

    /// Says which pages the caller sees, and where the server stands.
    public func describeScope(
        _ request: Khach_V1_DescribeScopeRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_DescribeScopeResponse {
        try await self.call(Methods.describeScope, request, timeout: timeout)
    }

    /// Pulls one page of changes after a cursor.
    public func pullChanges(
        _ request: Khach_V1_PullChangesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_PullChangesResponse {
        try await self.call(Methods.pullChanges, request, timeout: timeout)
    }

    /// Watches for changes: says when to pull, and from time to time that nothing is new.
    ///
    /// The stream ends when the server does; go on with another, from the cursor of the last pull.
    ///
    /// - Parameter timeout: how long the whole stream may take; not `timeout` of the client.
    public func watchChanges(
        _ request: Khach_V1_WatchChangesRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Responses<Khach_V1_WatchChangesResponse> {
        try await self.stream(Methods.watchChanges, request, timeout: timeout)
    }

    /// Reads sums over what the server has; equal sums are equal records.
    public func getDigests(
        _ request: Khach_V1_GetDigestsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_GetDigestsResponse {
        try await self.call(Methods.getDigests, request, timeout: timeout)
    }

    /// Lists what the slots of a page hold, without the records.
    public func listRevisions(
        _ request: Khach_V1_ListRevisionsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_ListRevisionsResponse {
        try await self.call(Methods.listRevisions, request, timeout: timeout)
    }

    /// Reads records by id, as the feed has them.
    public func batchGetRecords(
        _ request: Khach_V1_BatchGetRecordsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_BatchGetRecordsResponse {
        try await self.call(Methods.batchGetRecords, request, timeout: timeout)
    }

    /// Sends what was changed on a cache: each mutation has one effect, however often it is sent.
    public func pushMutations(
        _ request: Khach_V1_PushMutationsRequest,
        timeout: Duration? = nil
    ) async throws(RPCError) -> Khach_V1_PushMutationsResponse {
        try await self.call(Methods.pushMutations, request, timeout: timeout)
    }

    /// Asks whether a service can answer; the empty name asks for the server as a whole.
    public func check(
        _ request: Grpc_Health_V1_HealthCheckRequest = Grpc_Health_V1_HealthCheckRequest(),
        timeout: Duration? = nil
    ) async throws(RPCError) -> Grpc_Health_V1_HealthCheckResponse {
        try await self.call(Methods.check, request, timeout: timeout)
    }

    /// Says whether a service can answer, and each change of that, until the server leaves.
    public func watch(
        _ request: Grpc_Health_V1_HealthCheckRequest = Grpc_Health_V1_HealthCheckRequest(),
        timeout: Duration? = nil
    ) async throws(RPCError) -> Responses<Grpc_Health_V1_HealthCheckResponse> {
        try await self.stream(Methods.watch, request, timeout: timeout)
    }
}
