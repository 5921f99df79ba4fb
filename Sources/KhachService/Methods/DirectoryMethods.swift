internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// `khach.v1.DirectoryService`.
struct DirectoryMethods {
    private static let service = "khach.v1.DirectoryService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        rows.add(
            Self.service,
            "CreateBusiness",
            needs: .oneOf(.administer, over: .everything),
            .unary { (_, payload) async throws(Status) in
                try await self.createBusiness(payload)
            }
        )
        rows.add(
            Self.service,
            "ListBusinesses",
            needs: .permission(.read),
            .unary { (_, payload) async throws(Status) in
                try await self.listBusinesses(payload)
            }
        )
        rows.add(
            Self.service,
            "CreatePage",
            needs: .oneOf(.manage, over: .wholeBusiness),
            .unary { (_, payload) async throws(Status) in try await self.createPage(payload) }
        )
        rows.add(
            Self.service,
            "ListPages",
            needs: .permission(.read),
            .unary { (_, payload) async throws(Status) in try await self.listPages(payload) }
        )
    }

    private func createBusiness(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_CreateBusinessRequest.request(payload)
        let business = try await mapErrors {
            let new = NewBusiness(
                name: try Self.name(request.name),
                timeZone: request.timeZone.isEmpty
                    ? ServiceLimits.timeZoneDefault : request.timeZone,
                locale: request.locale.isEmpty ? "vi" : request.locale
            )
            guard self.environment.zones.zone(named: new.timeZone) != nil else {
                throw InputError(
                    "time_zone",
                    "an IANA name that tzdata has expected, found another"
                )
            }
            guard ServiceLimits.localeNames.contains(new.locale) else {
                throw InputError("locale", "vi or en expected, found another")
            }
            return try await self.environment.store.createBusiness(
                new,
                by: Authorship(actor: try Self.actor(request.actor)),
                now: self.environment.now()
            )
        }
        return try Khach_V1_CreateBusinessResponse.with {
            $0.business = Khach_V1_Business(business)
        }.reply()
    }

    private func listBusinesses(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListBusinessesRequest.request(payload)
        return try await mapErrors {
            let rows = try requestedRows(request.pageSize)
            let tokens = PageToken(seal: self.environment.seal, list: "businesses", filter: [])
            let after = try tokens.numbers(request.pageToken, count: 1)
            let found = try await self.environment.store.businesses(
                after: after.map { BusinessID(rawValue: $0[0]) },
                rowsMax: rows + 1
            )
            return try Khach_V1_ListBusinessesResponse.with {
                $0.businesses = found.prefix(rows).map { Khach_V1_Business($0) }
                if found.count > rows {
                    $0.nextPageToken = tokens.text([found[rows - 1].id.rawValue])
                }
            }.reply()
        }
    }

    private func createPage(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_CreatePageRequest.request(payload)
        let page = try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            guard let channel = Channel(request.channel) else {
                throw InputError("channel", "a channel expected, found \(request.channel.rawValue)")
            }
            let externalID = request.externalPageID
            guard (1...Limits.externalIDBytesMax).contains(externalID.utf8.count),
                !externalID.utf8.contains(0)
            else {
                throw InputError(
                    "external_page_id",
                    "1 to \(Limits.externalIDBytesMax) bytes without NUL "
                        + "expected, found \(externalID.utf8.count) bytes"
                )
            }
            let new = NewPage(
                businessID: business,
                key: PageKey(channel: channel, externalPageID: externalID),
                name: try Self.name(request.name)
            )
            return try await self.environment.store.createPage(
                new,
                by: Authorship(actor: try Self.actor(request.actor)),
                now: self.environment.now()
            )
        }
        return try Khach_V1_CreatePageResponse.with { $0.page = Khach_V1_Page(page) }.reply()
    }

    private func listPages(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListPagesRequest.request(payload)
        return try await mapErrors {
            let business = try BusinessID(request.businessID, field: "business_id")
            let rows = try requestedRows(request.pageSize)
            var filter: [UInt8] = []
            filter.appendInteger(UInt64(bitPattern: business.rawValue))
            let tokens = PageToken(seal: self.environment.seal, list: "pages", filter: filter)
            let after = try tokens.numbers(request.pageToken, count: 1)
            guard try await self.environment.store.business(business) != nil else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "business_id: a business expected, found none"
                )
            }
            let found = try await self.environment.store.pages(
                of: business,
                after: after.map { PageID(rawValue: $0[0]) },
                rowsMax: rows + 1
            )
            return try Khach_V1_ListPagesResponse.with {
                $0.pages = found.prefix(rows).map { Khach_V1_Page($0) }
                if found.count > rows {
                    $0.nextPageToken = tokens.text([found[rows - 1].id.rawValue])
                }
            }.reply()
        }
    }

    /// Who makes something; empty from callers older than the field, and so in the audit.
    private static func actor(_ text: String) throws(InputError) -> String {
        try checkedText(text, "actor", 0...Limits.actorBytesMax)
    }

    /// Names of businesses and pages follow the rules of customers' names: NFC, visible, bounded.
    static func name(_ text: String) throws(InputError) -> String {
        let count = text.unicodeScalars.count
        guard count <= Limits.nameCodePointsMax, let name = CustomerName(cleaning: text) else {
            throw InputError(
                "name",
                "1 to \(Limits.nameCodePointsMax) visible code points expected, found "
                    + (count > Limits.nameCodePointsMax ? "\(count)" : "none")
            )
        }
        return name.text
    }
}
