internal import KhachProto
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

/// The changes by hand in few words.
extension ServiceHarness {
    static let customers = "khach.v1.CustomerService"
    static let directory = "khach.v1.DirectoryService"
    static let mutation = Khach_V1_Mutation.with { $0.actor = "lan" }

    /// A business with the page "p1".
    func shop() async throws -> (business: Khach_V1_Business, page: Khach_V1_Page) {
        let business = try await self.business()
        return (business, try await self.page(business, "p1"))
    }

    /// Records a message of "u1" and says whose it is.
    func customer(_ text: String = "chào shop") async throws -> String {
        try await self.record([.sample("first") { $0.text = text }])[0].customerID
    }

    func get(_ id: String) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_GetCustomerResponse = try await self.call(
            "\(Self.customers)/GetCustomer",
            Khach_V1_GetCustomerRequest.with { $0.id = id }
        )
        return reply.customer
    }

    func block(
        _ ids: [String],
        _ mutation: Khach_V1_Mutation = mutation
    ) async throws -> [Khach_V1_BlockOutcome] {
        let reply: Khach_V1_BlockCustomersResponse = try await self.call(
            "\(Self.customers)/BlockCustomers",
            Khach_V1_BlockCustomersRequest.with {
                $0.ids = ids
                $0.reason = "spam"
                $0.mutation = mutation
            }
        )
        return reply.outcomes
    }

    func unblock(_ ids: [String]) async throws -> [Khach_V1_BlockOutcome] {
        let reply: Khach_V1_UnblockCustomersResponse = try await self.call(
            "\(Self.customers)/UnblockCustomers",
            Khach_V1_UnblockCustomersRequest.with {
                $0.ids = ids
                $0.mutation = Self.mutation
            }
        )
        return reply.outcomes
    }

    func settle(_ id: String, confirmed: Bool) async throws -> Khach_V1_BlockOutcome {
        let reply: Khach_V1_SettleBlocksResponse = try await self.call(
            "\(Self.customers)/SettleBlocks",
            Khach_V1_SettleBlocksRequest.with {
                $0.verdicts = [
                    .with {
                        $0.customerID = id
                        $0.confirmed = confirmed
                        $0.error = confirmed ? "" : "User not visible"
                    }
                ]
                $0.mutation = Self.mutation
            }
        )
        return reply.outcomes[0]
    }

    func setRoles(_ users: [String], on page: String) async throws -> [String] {
        let reply: Khach_V1_SetRoleAccountsResponse = try await self.call(
            "\(Self.directory)/SetRoleAccounts",
            Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = page
                $0.actor = "lan"
                $0.accounts = users.map { user in
                    .with {
                        $0.externalUserID = user
                        $0.roles = ["ADMIN"]
                    }
                }
            }
        )
        return reply.unblockedCustomerIds
    }

    func setBlockMode(_ mode: Khach_V1_BlockMode, on page: String) async throws {
        let _: Khach_V1_UpdatePageResponse = try await self.call(
            "\(Self.directory)/UpdatePage",
            Khach_V1_UpdatePageRequest.with {
                $0.id = page
                $0.actor = "lan"
                $0.updateMask.paths = ["block_mode"]
                $0.blockMode = mode
            }
        )
    }

    func saveAddress(
        _ text: String,
        of id: String,
        revision: UInt64,
        _ mutation: Khach_V1_Mutation = mutation
    ) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_UpdateCustomerResponse = try await self.call(
            "\(Self.customers)/UpdateCustomer",
            Khach_V1_UpdateCustomerRequest.with {
                $0.id = id
                $0.updateMask.paths = ["address"]
                $0.address = text
                $0.addressRevision = revision
                $0.mutation = mutation
            }
        )
        return reply.customer
    }

    func add(_ value: String, to id: String) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_AddContactPointResponse = try await self.call(
            "\(Self.customers)/AddContactPoint",
            Khach_V1_AddContactPointRequest.with {
                $0.id = id
                $0.kind = value.contains("@") ? .email : .phone
                $0.value = value
                $0.mutation = Self.mutation
            }
        )
        return reply.customer
    }

    func reject(_ value: String, of id: String) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_RejectContactPointResponse = try await self.call(
            "\(Self.customers)/RejectContactPoint",
            Khach_V1_RejectContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = value
                $0.mutation = Self.mutation
            }
        )
        return reply.customer
    }

    func pin(_ value: String, of id: String) async throws -> Khach_V1_Customer {
        let reply: Khach_V1_PinContactPointResponse = try await self.call(
            "\(Self.customers)/PinContactPoint",
            Khach_V1_PinContactPointRequest.with {
                $0.id = id
                $0.kind = .phone
                $0.value = value
                $0.mutation = Self.mutation
            }
        )
        return reply.customer
    }

    func audit(_ business: String) async throws -> [Khach_V1_AuditEntry] {
        let reply: Khach_V1_ListAuditEntriesResponse = try await self.call(
            "\(Self.customers)/ListAuditEntries",
            Khach_V1_ListAuditEntriesRequest.with { $0.businessID = business }
        )
        return reply.entries
    }
}
