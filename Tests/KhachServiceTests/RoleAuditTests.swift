internal import KhachProto
internal import SwiftProtobuf
internal import Testing

/// What the audit says of the roles of a page, and of persons who are erased.
@Suite("The audit of roles")
struct RoleAuditTests {
    /// Accounts by id, each with its roles.
    private static func set(
        _ accounts: [(id: String, roles: [String])],
        on page: Khach_V1_Page,
        _ harness: ServiceHarness
    ) async throws {
        let _: Khach_V1_SetRoleAccountsResponse = try await harness.call(
            "khach.v1.DirectoryService/SetRoleAccounts",
            Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = page.id
                $0.actor = "lan"
                $0.accounts = accounts.map { account in
                    .with {
                        $0.externalUserID = account.id
                        $0.roles = account.roles
                    }
                }
            }
        )
    }

    private static func entries(
        of shop: Khach_V1_Business,
        _ harness: ServiceHarness
    ) async throws -> [Khach_V1_AuditEntry] {
        try await harness.audit(shop.id).filter { $0.action == "page.roles.set" }
    }

    @Test(
        "other roles of the same accounts are a change, and the same roles are none",
        arguments: StoreKind.allCases
    )
    func roles(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            let steps: [(accounts: [(String, [String])], after: String?)] = [
                ([("a", ["ADMIN"]), ("b", ["EDITOR"])], "a ADMIN\nb EDITOR"),
                ([("a", ["ADMIN"]), ("b", ["EDITOR"])], nil),
                // The order in which accounts are given is none.
                ([("b", ["EDITOR"]), ("a", ["ADMIN"])], nil),
                ([("a", ["ADMIN"]), ("b", ["ADMIN"])], "a ADMIN\nb ADMIN"),
                ([("a", ["ADMIN"]), ("b", ["ADMIN", "EDITOR"])], "a ADMIN\nb ADMIN EDITOR"),
                ([("a", []), ("b", ["ADMIN", "EDITOR"])], "a\nb ADMIN EDITOR"), ([], ""),
                ([], nil),
            ]
            var expected: [String] = []
            for step in steps {
                try await Self.set(step.accounts, on: shop.page, harness)
                if let after = step.after { expected.append(after) }
                let entries = try await Self.entries(of: shop.business, harness)
                #expect(entries.map(\.after) == expected.reversed())
                #expect(entries.map(\.before) == ([""] + expected).dropLast().reversed())
            }
        }
    }

    @Test(
        "I6 who was erased has no id in it any more, and others have",
        arguments: StoreKind.allCases
    )
    func erased(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            let id = try await harness.customer()
            let _: Khach_V1_LinkIdentityResponse = try await harness.call(
                "\(ServiceHarness.customers)/LinkIdentity",
                Khach_V1_LinkIdentityRequest.with {
                    $0.id = id
                    $0.identity.kind = "ASID"
                    $0.identity.externalUserID = "u 9"
                    $0.mutation = ServiceHarness.mutation
                }
            )
            let other = try await harness.page(shop.business, "p2")
            let accounts = [
                ("u", ["ADMIN"]), ("u 9", ["A B"]), ("u1", ["ADMIN", "EDITOR"]), ("u10", []),
                ("xu1", ["u1"]),
            ]
            try await Self.set(accounts, on: shop.page, harness)
            try await Self.set([("u1", [])], on: shop.page, harness)
            try await Self.set([("z", [])], on: shop.page, harness)
            try await Self.set([("u1", ["ADMIN"])], on: other, harness)
            let _: Khach_V1_EraseCustomerResponse = try await harness.call(
                "\(ServiceHarness.customers)/EraseCustomer",
                Khach_V1_EraseCustomerRequest.with {
                    $0.id = id
                    $0.mutation = ServiceHarness.mutation
                }
            )
            let all = "u ADMIN\nERASED A B\nERASED ADMIN EDITOR\nu10\nxu1 u1"
            let entries = try await Self.entries(of: shop.business, harness)
            // On another page it is somebody else (I4).
            #expect(entries.map(\.after) == ["u1 ADMIN", "z", "ERASED", all])
            #expect(entries.map(\.before) == ["", "ERASED", all, ""])
        }
    }

    @Test(
        "I6 a role that an erased person holds goes with it, and is there when it is told again",
        arguments: StoreKind.allCases
    )
    func current(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            func accounts() async throws -> [String] {
                let reply: Khach_V1_ListRoleAccountsResponse = try await harness.call(
                    "khach.v1.DirectoryService/ListRoleAccounts",
                    Khach_V1_ListRoleAccountsRequest.with { $0.pageID = shop.page.id }
                )
                return reply.accounts.map(\.externalUserID)
            }
            let id = try await harness.customer()
            let roles = [("u1", ["ADMIN"]), ("u2", ["EDITOR"])]
            try await Self.set(roles, on: shop.page, harness)
            let _: Khach_V1_EraseCustomerResponse = try await harness.call(
                "\(ServiceHarness.customers)/EraseCustomer",
                Khach_V1_EraseCustomerRequest.with {
                    $0.id = id
                    $0.mutation = ServiceHarness.mutation
                }
            )
            #expect(try await accounts() == ["u2"])
            // Nobody's id comes into the audit by what is said of it later.
            try await Self.set([("u2", ["EDITOR"])], on: shop.page, harness)
            try await Self.set([], on: shop.page, harness)
            let entries = try await Self.entries(of: shop.business, harness)
            let all = "ERASED ADMIN\nu2 EDITOR"
            #expect(entries.map(\.after) == ["", "u2 EDITOR", all])
            #expect(entries.map(\.before) == ["u2 EDITOR", all, ""])

            // Who comes again is another customer; the platform tells of the role again (B2).
            let again = try await harness.record([.sample("again")])[0].customerID
            #expect(again != id)
            #expect(try await harness.block([again])[0].result == .done)
            #expect(try await harness.setRoles(["u1"], on: shop.page.id) == [again])
            #expect(try await harness.block([again])[0].error.reason == "ROLE_ON_PAGE")
        }
    }

    @Test(
        "another name of an account is a change, and goes with the person (I6)",
        arguments: StoreKind.allCases
    )
    func names(_ kind: StoreKind) async throws {
        try await kind.run { harness in
            let shop = try await harness.shop()
            let id = try await harness.customer()
            for name in ["Lan", "Lan Anh", "Lan Anh", ""] {
                let _: Khach_V1_SetRoleAccountsResponse = try await harness.call(
                    "khach.v1.DirectoryService/SetRoleAccounts",
                    Khach_V1_SetRoleAccountsRequest.with {
                        $0.pageID = shop.page.id
                        $0.actor = "lan"
                        $0.accounts = [
                            .with {
                                $0.externalUserID = "u1"
                                $0.name = name
                                $0.roles = ["ADMIN", "A\tB"]
                            },
                            .with {
                                $0.externalUserID = "u2"
                                $0.name = "Đào"
                            },
                        ]
                    }
                )
            }
            let lines = ["Lan", "Lan Anh"].map { "u1 ADMIN A B\t\($0)\nu2\tĐào" }
            let last = "u1 ADMIN A B\nu2\tĐào"
            let entries = try await Self.entries(of: shop.business, harness)
            #expect(entries.map(\.after) == [last, lines[1], lines[0]])
            #expect(entries.map(\.before) == [lines[1], lines[0], ""])
            let _: Khach_V1_EraseCustomerResponse = try await harness.call(
                "\(ServiceHarness.customers)/EraseCustomer",
                Khach_V1_EraseCustomerRequest.with {
                    $0.id = id
                    $0.mutation = ServiceHarness.mutation
                }
            )
            let erased = "ERASED ADMIN A B\nu2\tĐào"
            let rest = try await Self.entries(of: shop.business, harness)
            #expect(rest.map(\.after) == ["u2\tĐào", erased, erased, erased])
            #expect(rest.map(\.before) == [erased, erased, erased, ""])
        }
    }
}
