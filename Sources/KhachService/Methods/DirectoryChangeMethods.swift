internal import KhachCore
internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC

/// What is changed of businesses and pages, and the roles of a page.
struct DirectoryChangeMethods {
    private static let service = "khach.v1.DirectoryService"

    let environment: ServiceEnvironment

    func register(in rows: inout MethodRows) {
        let methods: [(String, Need, @Sendable (Payload) async throws(Status) -> Payload)] = [
            ("UpdateBusiness", .oneOf(.manage, over: .wholeBusiness), self.updateBusiness),
            ("UpdatePage", .permission(.manage), self.updatePage),
            ("SetRoleAccounts", .permission(.manage), self.setRoleAccounts),
            ("ListRoleAccounts", .permission(.read), self.listRoleAccounts),
            ("ListBlockCapabilities", .permission(.read), self.listBlockCapabilities),
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

    @Sendable private func updateBusiness(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_UpdateBusinessRequest.request(payload)
        let business = try await mapErrors {
            let id = try BusinessID(request.id, field: "id")
            let actor = try checkedActor(request.actor, field: "actor")
            guard
                request.timeZone.isEmpty
                    || self.environment.zones.zone(named: request.timeZone) != nil
            else {
                throw InputError(
                    "time_zone",
                    "an IANA name that tzdata has expected, found another"
                )
            }
            let update = BusinessUpdate(
                name: request.name.isEmpty ? nil : try DirectoryMethods.name(request.name),
                timeZone: request.timeZone.isEmpty ? nil : request.timeZone
            )
            return try await self.environment.store.updateBusiness(
                id,
                update,
                by: Authorship(actor: actor),
                now: self.environment.now()
            )
        }
        return try Khach_V1_UpdateBusinessResponse.with {
            $0.business = Khach_V1_Business(business)
        }.reply()
    }

    @Sendable private func updatePage(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 4, "own_phones", 0...Limits.ownContactsMax)
        try checkCount(payload, field: 5, "own_emails", 0...Limits.ownContactsMax)
        let request = try Khach_V1_UpdatePageRequest.request(payload)
        let page = try await mapErrors {
            let id = try PageID(request.id, field: "id")
            let actor = try checkedActor(request.actor, field: "actor")
            return try await self.environment.store.updatePage(
                id,
                try self.pageUpdate(request),
                by: Authorship(actor: actor),
                now: self.environment.now()
            )
        }
        return try Khach_V1_UpdatePageResponse.with { $0.page = Khach_V1_Page(page) }.reply()
    }

    private func pageUpdate(
        _ request: Khach_V1_UpdatePageRequest
    ) throws(InputError) -> PageUpdate {
        let paths = request.updateMask.paths.count
        guard (1...4).contains(paths) else {
            throw InputError("update_mask", "1 to 4 paths expected, found \(paths)")
        }

        var update = PageUpdate()
        for path in request.updateMask.paths {
            switch path {
            case "name":
                update.name = try DirectoryMethods.name(request.name)
            case "own_phones":
                update.ownPhones = try self.values(request.ownPhones, .phone, "own_phones")
            case "own_emails":
                update.ownEmails = try self.values(request.ownEmails, .email, "own_emails")
            case "block_mode":
                switch request.blockMode {
                case .unspecified, .local: update.blockMode = .local
                case .gateway: update.blockMode = .gateway
                case .UNRECOGNIZED(let number):
                    throw InputError("block_mode", "LOCAL or GATEWAY expected, found \(number)")
                }
            default:
                throw InputError(
                    "update_mask",
                    "name, own_phones, own_emails or block_mode expected, found another path"
                )
            }
        }
        return update
    }

    private func values(
        _ texts: [String],
        _ kind: Khach_V1_ContactKind,
        _ field: String
    ) throws(InputError) -> [String] {
        var values: [String] = []
        for (index, text) in texts.enumerated() {
            do throws(InputError) {
                let key = try ContactPoint.Key(kind, text, self.environment.detector)
                values.append(key.value)
            } catch {
                throw InputError("\(field)[\(index)]", error.message)
            }
        }
        return values
    }

    // MARK: Roles

    @Sendable private func setRoleAccounts(_ payload: Payload) async throws(Status) -> Payload {
        try checkCount(payload, field: 2, "accounts", 0...Limits.roleAccountsMax)
        let request = try Khach_V1_SetRoleAccountsRequest.request(payload)
        let unblocked = try await mapErrors {
            let page = try PageID(request.pageID, field: "page_id")
            let actor = try checkedActor(request.actor, field: "actor")
            return try await self.environment.store.setRoleAccounts(
                of: page,
                try Self.accounts(request.accounts),
                by: Authorship(actor: actor),
                now: self.environment.now()
            )
        }
        return try Khach_V1_SetRoleAccountsResponse.with {
            $0.unblockedCustomerIds = unblocked.map(\.text)
        }.reply()
    }

    /// In the order of the bytes of their ids, each once.
    private static func accounts(
        _ messages: [Khach_V1_RoleAccount]
    ) throws(InputError) -> [RoleAccount] {
        var accounts: [RoleAccount] = []
        for (index, message) in messages.enumerated() {
            let field = "accounts[\(index)]"
            guard message.roles.count <= ServiceLimits.rolesPerAccountMax else {
                throw InputError(
                    "\(field).roles",
                    "at most \(ServiceLimits.rolesPerAccountMax) expected, "
                        + "found \(message.roles.count)"
                )
            }
            for (number, role) in message.roles.enumerated() {
                let field = "\(field).roles[\(number)]"
                let role = try checkedText(role, field, 1...ServiceLimits.roleBytesMax)
                guard !role.utf8.contains(UInt8(ascii: "\n")) else {
                    throw InputError(field, "one line expected, found more")
                }
            }
            accounts.append(
                RoleAccount(
                    externalUserID: try checkedText(
                        message.externalUserID,
                        "\(field).external_user_id",
                        1...Limits.externalIDBytesMax
                    ),
                    name: CustomerName(cleaning: message.name)?.text ?? "",
                    roles: message.roles
                )
            )
        }
        accounts.sort {
            $0.externalUserID.utf8.lexicographicallyPrecedes($1.externalUserID.utf8)
        }
        for (one, next) in zip(accounts, accounts.dropFirst())
        where one.externalUserID.utf8.elementsEqual(next.externalUserID.utf8) {
            throw InputError("accounts", "each external_user_id once expected, found one twice")
        }
        return accounts
    }

    @Sendable private func listRoleAccounts(_ payload: Payload) async throws(Status) -> Payload {
        let request = try Khach_V1_ListRoleAccountsRequest.request(payload)
        let accounts = try await mapErrors {
            let page = try PageID(request.pageID, field: "page_id")
            guard try await self.environment.store.page(page) != nil else {
                throw Status(
                    .notFound,
                    reason: "NOT_FOUND",
                    "page_id: a page expected, found none"
                )
            }
            return try await self.environment.store.roleAccounts(of: page)
        }
        return try Khach_V1_ListRoleAccountsResponse.with { response in
            response.accounts = accounts.map { account in
                .with {
                    $0.externalUserID = account.externalUserID
                    $0.name = account.name
                    $0.roles = account.roles
                }
            }
        }.reply()
    }

    @Sendable private func listBlockCapabilities(
        _ payload: Payload
    ) async throws(Status) -> Payload {
        _ = try Khach_V1_ListBlockCapabilitiesRequest.request(payload)
        return try Khach_V1_ListBlockCapabilitiesResponse.with { response in
            response.capabilities = Channel.allCases.map { channel in
                let capability = channel.blockCapability
                return .with {
                    $0.channel =
                        Khach_V1_Channel(rawValue: Int(channel.rawValue)) ?? .unspecified
                    $0.canBlock = capability.canBlock
                    $0.outboundWhileBlocked = capability.outboundWhileBlocked
                    $0.needsConversation = capability.needsConversation
                    $0.batchMax = capability.batchMax
                }
            }
        }.reply()
    }
}
