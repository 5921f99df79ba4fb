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

extension InputError {
    fileprivate static func identifier(_ field: String, _ kind: String, _ text: String) -> Self {
        let found: String
        if text.isEmpty {
            found = "nothing"
        } else if BusinessID(text: text) != nil {
            found = "the id of a business"
        } else if PageID(text: text) != nil {
            found = "the id of a page"
        } else if CustomerID(text: text) != nil {
            found = "the id of a customer"
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
    var fromDay: Int32?
    var toDay: Int32?

    init(_ filter: Khach_V1_CustomerFilter) throws(InputError) {
        self.business = try BusinessID(filter.businessID, field: "filter.business_id")
        var pages: Set<PageID> = []
        for (index, text) in filter.pageIds.enumerated() {
            pages.insert(try PageID(text, field: "filter.page_ids[\(index)]"))
        }
        self.pages = pages.sorted()
        self.fromDay = try Self.day(filter.createdFrom, field: "filter.created_from")
        self.toDay = try Self.day(filter.createdTo, field: "filter.created_to")
        if let from = self.fromDay, let to = self.toDay, from > to {
            throw InputError(
                "filter.created_to",
                "a day from \(filter.createdFrom) on expected, found \(filter.createdTo)"
            )
        }
    }

    /// Both days belong to the range (domain.md S17).
    func instants(in zone: LocalZone) -> CustomerFilter {
        CustomerFilter(
            businessID: self.business,
            pages: self.pages,
            createdFrom: self.fromDay.map { zone.start(ofDay: $0) },
            createdBefore: self.toDay.map { zone.start(ofDay: $0 + 1) }
        )
    }

    /// Bytes that two equal filters share and no two different ones do: binds a page token.
    var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendInteger(UInt64(bitPattern: self.business.rawValue))
        bytes.appendInteger(UInt64(self.pages.count))
        for page in self.pages { bytes.appendInteger(UInt64(bitPattern: page.rawValue)) }
        for day in [self.fromDay, self.toDay] {
            bytes.append(day == nil ? 0 : 1)
            bytes.appendInteger(UInt64(bitPattern: Int64(day ?? 0)))
        }
        return bytes
    }

    private static func day(_ text: String, field: String) throws(InputError) -> Int32? {
        guard !text.isEmpty else { return nil }
        guard let day = dayNumber(text) else {
            let found = text.utf8.count <= 32 ? "\"\(text)\"" : "\(text.utf8.count) bytes"
            throw InputError(field, "a day like 2026-01-31 expected, found \(found)")
        }
        return day
    }
}

/// How many rows a request wants: its own number, or the default for none.
func requestedRows(_ pageSize: UInt32, field: String = "page_size") throws(InputError) -> Int {
    guard pageSize <= UInt32(Limits.pageRowsMax) else {
        throw InputError(field, "at most \(Limits.pageRowsMax) expected, found \(pageSize)")
    }
    return pageSize == 0 ? Limits.pageRowsDefault : Int(pageSize)
}
