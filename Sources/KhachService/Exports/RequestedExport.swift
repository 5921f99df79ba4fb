internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf

/// A request for an export with every field checked that can be without the store.
struct RequestedExport {
    enum Scope: Hashable {
        case filter
        case ids([CustomerID])
        /// One page of the list, of so many rows.
        case page(rowsMax: Int)
    }

    var filter: RequestedFilter
    var order: CustomerOrder
    var scope: Scope
    var layout: ExportLayout
    var actor: String
    var requestID: String
    /// What a resume token is bound to: everything that decides what is in the file.
    var canonicalBytes: [UInt8]

    /// Reads a request of somebody with these permissions.
    init(
        _ request: Khach_V1_ExportCustomersRequest,
        _ permissions: Permissions
    ) throws(InputError) {
        self.filter = try RequestedFilter(request.filter)
        self.order = try CustomerOrder(request.order, isSearch: self.filter.name != nil)
        self.scope = try Self.scope(request)
        self.layout = try Self.layout(request, permissions)
        self.actor = try checkedActor(request.mutation.actor, field: "mutation.actor")
        self.requestID = try checkedText(
            request.mutation.requestID,
            "mutation.request_id",
            0...Limits.requestIDBytesMax
        )
        self.canonicalBytes = try Self.canonicalBytes(request, self.layout)
    }

    private static func scope(
        _ request: Khach_V1_ExportCustomersRequest
    ) throws(InputError) -> Scope {
        guard request.onePage || request.pageToken.isEmpty else {
            throw InputError("page_token", "none expected without one_page, found one")
        }
        guard request.onePage || request.pageSize == 0 else {
            throw InputError("page_size", "none expected without one_page, found one")
        }
        guard !request.ids.isEmpty else {
            guard request.onePage else { return .filter }

            return .page(rowsMax: try requestedRows(request.pageSize))
        }
        guard !request.onePage else {
            throw InputError("one_page", "ids or one_page expected, found both")
        }
        guard request.ids.count <= ServiceLimits.exportIDsMax else {
            throw InputError(
                "ids",
                "at most \(ServiceLimits.exportIDsMax) expected, found \(request.ids.count)"
            )
        }
        var conditions = request.filter
        conditions.businessID = ""
        // Without days, the kind is no condition.
        conditions.messagedKind = .unspecified
        guard conditions == Khach_V1_CustomerFilter() else {
            throw InputError("filter", "a business and nothing else expected beside ids")
        }
        var ids: [CustomerID] = []
        ids.reserveCapacity(request.ids.count)
        for (index, text) in request.ids.enumerated() {
            ids.append(try CustomerID(text, field: "ids[\(index)]"))
        }
        return .ids(ids)
    }

    private static func layout(
        _ request: Khach_V1_ExportCustomersRequest,
        _ permissions: Permissions
    ) throws(InputError) -> ExportLayout {
        let format: ExportLayout.Format
        switch request.format {
        case .unspecified, .xlsx: format = .xlsx
        case .csv: format = .csv
        case .jsonl: format = .jsonl
        case .UNRECOGNIZED(let number):
            throw InputError("format", "XLSX, CSV or JSONL expected, found \(number)")
        }
        let language: ExportLayout.Language
        switch request.language {
        case .unspecified, .vietnamese: language = .vietnamese
        case .english: language = .english
        case .UNRECOGNIZED(let number):
            throw InputError("language", "VIETNAMESE or ENGLISH expected, found \(number)")
        }
        return ExportLayout(
            format: format,
            columns: request.columns,
            language: language,
            hasByteOrderMark: !request.withoutBom,
            separator: request.separator,
            masksContacts: request.maskContacts || !permissions.contains(.contacts)
        )
    }

    /// The request without its token and without who asks again, and whether it is masked.
    private static func canonicalBytes(
        _ request: Khach_V1_ExportCustomersRequest,
        _ layout: ExportLayout
    ) throws(InputError) -> [UInt8] {
        var same = request
        same.clearMutation()
        same.resumeToken = Khach_V1_ExportCustomersRequest().resumeToken
        same.maskContacts = layout.masksContacts
        do {
            return try same.serializedBytes()
        } catch {
            throw InputError("request", "a request that can be written again expected: \(error)")
        }
    }
}
