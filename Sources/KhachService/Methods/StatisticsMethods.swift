internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What is counted of `khach.v1.CustomerService`.
struct StatisticsMethods {
    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            "khach.v1.CustomerService",
            "GetStatistics",
            needs: .permission(.read),
            .unary { (context, payload) async throws(Status) in
                try await self.getStatistics(context, payload)
            }
        )
    }

    private func getStatistics(
        _ context: CallContext,
        _ payload: Payload
    ) async throws(Status) -> Payload {
        try Self.checkPages(payload)
        let request = try Khach_V1_GetStatisticsRequest.request(payload)
        let deadline = self.environment.queryDeadline(context)
        let statistics = try await mapErrors {
            try await self.counted(try await self.query(request), deadline)
        }
        return try Khach_V1_GetStatisticsResponse.with {
            $0.rows = statistics.rows.map { Khach_V1_StatisticsRow($0) }
            $0.totals = statistics.totals.map { Khach_V1_StatisticsRow($0) }
            $0.asOfSeq = statistics.head
        }.reply()
    }

    private func counted(
        _ query: StatisticsQuery,
        _ deadline: Deadline
    ) async throws -> Statistics {
        do {
            return try await self.environment.store.statistics(query, deadline: deadline)
        } catch {
            guard error.code == .invalid else { throw error }

            throw InputError(
                "grouping",
                "at most \(Limits.statisticsRowsMax) rows expected, found more: CHANNEL and "
                    + "BUSINESS have fewer"
            )
        }
    }

    private func query(
        _ request: Khach_V1_GetStatisticsRequest
    ) async throws -> StatisticsQuery {
        let business = try BusinessID(request.businessID, field: "business_id")
        let pages = try requestedPages(request.pageIds, field: "page_ids")
        let channels = try requestedChannels(request.channels, field: "channels")
        let grouping = try StatisticsQuery.Grouping(request.grouping)
        let basis = try StatisticsQuery.Basis(request.basis)
        let (first, count) = try Self.days(request)
        let zone = try await requestedZone(
            of: business,
            field: "business_id",
            self.environment
        )
        return StatisticsQuery(
            businessID: business,
            pages: pages,
            channels: channels,
            grouping: grouping,
            basis: basis,
            firstDay: first,
            dayStarts: (0...count).map { zone.start(ofDay: first + $0) }
        )
    }

    /// The first day and how many there are, both ends included.
    private static func days(
        _ request: Khach_V1_GetStatisticsRequest
    ) throws(InputError) -> (first: DayNumber, count: Int32) {
        let days = try RequestedDays(
            from: request.dayFrom,
            "day_from",
            to: request.dayTo,
            "day_to"
        )
        guard let first = days.from else {
            throw InputError("day_from", "a day like 2026-01-31 expected, found nothing")
        }
        guard let last = days.to else {
            throw InputError("day_to", "a day like 2026-01-31 expected, found nothing")
        }
        let count = last - first + 1
        guard count <= Limits.statisticsDaysMax else {
            throw InputError(
                "day_to",
                "at most \(Limits.statisticsDaysMax) days expected, found \(count)"
            )
        }
        return (first, count)
    }

    /// Counts the page ids before they are decoded: `page_ids` = 2.
    private static func checkPages(_ payload: Payload) throws(Status) {
        let most = Limits.filterPagesMax
        let pages = payload.withUnsafeBytes { bytes in
            ItemScan(bytes, field: 2, itemsMax: most)?.items ?? []
        }
        guard pages.count <= most else {
            throw Status(InputError("page_ids", "at most \(most) expected, found more"))
        }
        let pageBytes = pages.reduce(0) { $0 + $1.count }
        guard pageBytes <= ServiceLimits.filterBytesMax >> 1 else {
            throw Status(InputError("page_ids", "ids of pages expected, found \(pageBytes) bytes"))
        }
        guard payload.count <= ServiceLimits.filterBytesMax else {
            throw Status(
                InputError(
                    "channels",
                    "at most \(Limits.filterChannelsMax) expected, found more"
                )
            )
        }
    }
}

extension StatisticsQuery.Grouping {
    init(_ grouping: Khach_V1_GetStatisticsRequest.Grouping) throws(InputError) {
        guard grouping != .unspecified else {
            self = .page
            return
        }
        guard let known = UInt8(exactly: grouping.rawValue).flatMap(Self.init(rawValue:)) else {
            throw InputError(
                "grouping",
                "PAGE, CHANNEL or BUSINESS expected, found \(grouping.rawValue)"
            )
        }

        self = known
    }
}

extension StatisticsQuery.Basis {
    init(_ basis: Khach_V1_GetStatisticsRequest.Basis) throws(InputError) {
        guard basis != .unspecified else {
            self = .created
            return
        }
        guard let known = UInt8(exactly: basis.rawValue).flatMap(Self.init(rawValue:)) else {
            throw InputError(
                "basis",
                "CREATED, FIRST_RECORDED or FIRST_INBOUND expected, found \(basis.rawValue)"
            )
        }

        self = known
    }
}

extension Khach_V1_StatisticsRow {
    init(_ row: StatisticsRow) {
        self.init()
        self.day = row.day.map(dayText) ?? ""
        self.pageID = row.pageID?.text ?? ""
        if let channel = row.channel {
            self.channel = Khach_V1_Channel(rawValue: Int(channel.rawValue)) ?? .unspecified
        }
        self.measures = .with {
            $0.newCustomers = row[.newCustomers]
            $0.activeCustomers = row[.activeCustomers]
            $0.messagingCustomers = row[.messagingCustomers]
            $0.commentingCustomers = row[.commentingCustomers]
            $0.newMessageConversations = row[.newMessageConversations]
            $0.newCommentConversations = row[.newCommentConversations]
            $0.phonesFound = row[.phonesFound]
            $0.emailsFound = row[.emailsFound]
            $0.blocked = row[.blocked]
            $0.unblocked = row[.unblocked]
        }
    }
}
