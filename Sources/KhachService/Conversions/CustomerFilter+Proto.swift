internal import CKhachText
internal import KhachCore
internal import KhachProto

extension BusinessID {
    /// Reads the id of a request's field.
    init(_ text: String, field: String) throws(InputError) {
        guard let id = BusinessID(text: text) else { throw .identifier(field, "a business", text) }

        self = id
    }
}

extension PageID {
    init(_ text: String, field: String) throws(InputError) {
        guard let id = PageID(text: text) else { throw .identifier(field, "a page", text) }

        self = id
    }
}

extension CustomerID {
    init(_ text: String, field: String) throws(InputError) {
        guard let id = CustomerID(text: text) else { throw .identifier(field, "a customer", text) }

        self = id
    }
}

extension TokenID {
    init(_ text: String, field: String) throws(InputError) {
        guard let id = TokenID(text: text) else { throw .identifier(field, "a token", text) }

        self = id
    }
}

extension InputError {
    static func identifier(_ field: String, _ kind: String, _ text: String) -> Self {
        let found: String
        if text.isEmpty {
            found = "nothing"
        } else if BusinessID(text: text) != nil {
            found = "the id of a business"
        } else if PageID(text: text) != nil {
            found = "the id of a page"
        } else if CustomerID(text: text) != nil {
            found = "the id of a customer"
        } else if TokenID(text: text) != nil {
            found = "the id of a token"
        } else {
            found = "\(text.utf8.count) bytes that are no id"
        }
        return InputError(field, "the id of \(kind) expected, found \(found)")
    }
}

/// The filter of a request with its days read; the zone of the business turns it into instants.
struct RequestedFilter: Hashable {
    var business: BusinessID
    var pages: [PageID]
    var channels: Set<Channel>
    var nameStatuses: Set<NameStatus>
    var created: RequestedDays
    var messaged: RequestedDays
    var messagedKind: MessagedDays.Kind
    var hasPhone: Bool?
    var hasEmail: Bool?
    var isBlocked: Bool?
    var name: String?

    init(_ filter: Khach_V1_CustomerFilter) throws(InputError) {
        self.business = try BusinessID(filter.businessID, field: "filter.business_id")
        self.pages = try requestedPages(filter.pageIds, field: "filter.page_ids")
        self.channels = try requestedChannels(filter.channels, field: "filter.channels")
        self.nameStatuses = try Self.nameStatuses(filter.nameStatuses)
        self.created = try RequestedDays(
            from: filter.createdFrom,
            "filter.created_from",
            to: filter.createdTo,
            "filter.created_to"
        )
        self.messaged = try RequestedDays(
            from: filter.messagedFrom,
            "filter.messaged_from",
            to: filter.messagedTo,
            "filter.messaged_to"
        )
        self.messagedKind = try Self.kind(filter.messagedKind)
        self.hasPhone = try Bool(filter.hasPhone_p, field: "filter.has_phone")
        self.hasEmail = try Bool(filter.hasEmail_p, field: "filter.has_email")
        self.isBlocked = try Bool(filter.blocked, field: "filter.blocked")
        self.name = try Self.name(filter.nameQuery)
    }

    /// Both days of a range belong to it (domain.md S17).
    func instants(in zone: LocalZone) -> CustomerFilter {
        let created = self.created.instants(in: zone)
        var filter = CustomerFilter(
            businessID: self.business,
            pages: self.pages,
            createdFrom: created.begin,
            createdBefore: created.end
        )
        filter.channels = self.channels
        filter.nameStatuses = self.nameStatuses
        filter.hasPhone = self.hasPhone
        filter.hasEmail = self.hasEmail
        filter.isBlocked = self.isBlocked
        filter.name = self.name
        if self.messaged != RequestedDays() {
            let messaged = self.messaged.instants(in: zone)
            filter.messaged = MessagedDays(
                kind: self.messagedKind,
                from: self.messaged.from,
                to: self.messaged.to,
                beginsAt: messaged.begin,
                endsAt: messaged.end
            )
        }
        return filter
    }

    /// Bytes that two equal filters share and no two different ones do: binds a page token.
    func canonicalBytes(_ order: CustomerOrder) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendInteger(UInt64(bitPattern: self.business.rawValue))
        bytes.appendInteger(UInt64(self.pages.count))
        for page in self.pages { bytes.appendInteger(UInt64(bitPattern: page.rawValue)) }
        for day in [self.created.from, self.created.to, self.messaged.from, self.messaged.to] {
            bytes.append(day == nil ? 0 : 1)
            bytes.appendInteger(UInt64(bitPattern: Int64(day ?? 0)))
        }
        for wanted in [self.hasPhone, self.hasEmail, self.isBlocked] {
            bytes.append(wanted.map { $0 ? 1 : 2 } ?? 0)
        }
        bytes.append(self.messagedKind.rawValue)
        bytes.append(order.rawValue)
        for numbers in [self.channels.map(\.rawValue), self.nameStatuses.map(\.rawValue)] {
            bytes.append(UInt8(numbers.count))
            bytes.append(contentsOf: numbers.sorted())
        }
        return bytes + Array((self.name ?? "").utf8)
    }

    private static func nameStatuses(
        _ given: [Khach_V1_NameStatus]
    ) throws(InputError) -> Set<NameStatus> {
        let field = "filter.name_statuses"
        guard given.count <= Limits.filterNameStatusesMax else {
            throw InputError(
                field,
                "at most \(Limits.filterNameStatusesMax) expected, found \(given.count)"
            )
        }

        var statuses: Set<NameStatus> = []
        for (index, status) in given.enumerated() {
            guard let known = UInt8(exactly: status.rawValue).flatMap(NameStatus.init) else {
                throw InputError(
                    "\(field)[\(index)]",
                    "REAL, USERNAME, MASKED or PLACEHOLDER expected, found \(status.rawValue)"
                )
            }

            statuses.insert(known)
        }
        return statuses
    }

    private static func kind(
        _ given: Khach_V1_ActivityKind
    ) throws(InputError) -> MessagedDays.Kind {
        guard given != .unspecified else { return .any }
        guard let kind = UInt8(exactly: given.rawValue).flatMap(MessagedDays.Kind.init) else {
            throw InputError(
                "filter.messaged_kind",
                "ANY, MESSAGES or COMMENTS expected, found \(given.rawValue)"
            )
        }
        return kind
    }

    /// A name that can be searched for; `nil` for none.
    private static func name(_ text: String) throws(InputError) -> String? {
        let field = "filter.name_query"
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= Limits.nameQueryBytesMax else {
            throw InputError(
                field,
                "at most \(Limits.nameQueryBytesMax) bytes expected, found \(text.utf8.count)"
            )
        }

        var query: OpaquePointer?
        defer { khach_name_query_free(query) }
        var copy = text
        let result = copy.withUTF8 { bytes in
            let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            return khach_name_query_open(&query, start, bytes.count)
        }
        guard result == 0 else {
            throw InputError(field, "1 to 64 words expected, found none or more")
        }
        return text
    }
}

/// Two local days of a range, both inclusive; `nil` means open.
struct RequestedDays: Hashable {
    var from: DayNumber?
    var to: DayNumber?

    init() {}

    init(
        from: String,
        _ fromField: String,
        to: String,
        _ toField: String
    ) throws(InputError) {
        self.from = try Self.day(from, field: fromField)
        self.to = try Self.day(to, field: toField)
        if let first = self.from, let last = self.to, first > last {
            throw InputError(toField, "a day from \(from) on expected, found \(to)")
        }
    }

    func instants(in zone: LocalZone) -> (begin: Instant?, end: Instant?) {
        (
            self.from.map { zone.start(ofDay: $0) },
            self.to.map { zone.start(ofDay: $0 + 1) }
        )
    }

    private static func day(_ text: String, field: String) throws(InputError) -> DayNumber? {
        guard !text.isEmpty else { return nil }
        guard let day = dayNumber(text) else {
            let found = text.utf8.count <= 32 ? "\"\(text)\"" : "\(text.utf8.count) bytes"
            throw InputError(field, "a day like 2026-01-31 expected, found \(found)")
        }
        return day
    }
}

/// The ids of a request's pages, sorted, without repetition.
func requestedPages(_ texts: [String], field: String) throws(InputError) -> [PageID] {
    var pages: Set<PageID> = []
    for (index, text) in texts.enumerated() {
        pages.insert(try PageID(text, field: "\(field)[\(index)]"))
    }
    return pages.sorted()
}

func requestedChannels(
    _ given: [Khach_V1_Channel],
    field: String
) throws(InputError) -> Set<Channel> {
    guard given.count <= Limits.filterChannelsMax else {
        throw InputError(
            field,
            "at most \(Limits.filterChannelsMax) expected, found \(given.count)"
        )
    }

    var channels: Set<Channel> = []
    for (index, channel) in given.enumerated() {
        guard let known = UInt8(exactly: channel.rawValue).flatMap(Channel.init) else {
            throw InputError(
                "\(field)[\(index)]",
                "a known channel expected, found \(channel.rawValue)"
            )
        }

        channels.insert(known)
    }
    return channels
}

extension CustomerOrder {
    /// What a request asks for; by relevance when it searches and does not say.
    init(_ order: Khach_V1_CustomerOrder, isSearch: Bool) throws(InputError) {
        guard order != .unspecified else {
            self = isSearch ? .relevance : .createdDescending
            return
        }
        guard let known = UInt8(exactly: order.rawValue).flatMap(CustomerOrder.init) else {
            throw InputError("order", "a known order expected, found \(order.rawValue)")
        }
        guard isSearch || known != .relevance else {
            throw InputError("order", "filter.name_query expected with RELEVANCE, found none")
        }

        self = known
    }
}

extension Bool {
    /// `nil` when it was left out.
    fileprivate init?(_ ternary: Khach_V1_Ternary, field: String) throws(InputError) {
        switch ternary {
        case .unspecified: return nil
        case .yes: self = true
        case .no: self = false
        case .UNRECOGNIZED(let number):
            throw InputError(field, "YES or NO expected, found \(number)")
        }
    }
}

/// How many rows a request wants: its own number, or the default for none.
func requestedRows(_ pageSize: UInt32, field: String = "page_size") throws(InputError) -> Int {
    guard pageSize <= UInt32(Limits.pageRowsMax) else {
        throw InputError(field, "at most \(Limits.pageRowsMax) expected, found \(pageSize)")
    }
    return pageSize == 0 ? Limits.pageRowsDefault : Int(pageSize)
}
