internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf
internal import TTRPC
internal import Testing

@testable internal import KhachCommands

@Suite("Commands that change something")
struct ChangeRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        /// The words of the command line.
        var line: String
        var method: String
        var request: any Message
        var input = ""

        var testDescription: String { "khach \(self.line)" }
        var arguments: [String] { self.line.split(separator: " ").map(String.init) }
    }

    private static let lan = Khach_V1_Mutation.with { $0.actor = "lan" }

    static let customers: [Case] = [
        Case(
            line: "customers block c1 c2 --reason spam --request-id r1",
            method: "BlockCustomers",
            request: Khach_V1_BlockCustomersRequest.with {
                $0.ids = ["c1", "c2"]
                $0.reason = "spam"
                $0.mutation = .with {
                    $0.actor = "lan"
                    $0.requestID = "r1"
                }
            }
        ),
        Case(
            line: "customers unblock c1 --from - --actor hoa",
            method: "UnblockCustomers",
            request: Khach_V1_UnblockCustomersRequest.with {
                $0.ids = ["c1", "c2", "c3"]
                $0.mutation.actor = "hoa"
            },
            input: "\n  c2\r\n{\"id\":\"c3\",\"fromTheFuture\":1}\n"
        ),
        Case(
            line: "customers settle c1 --refuse --error no",
            method: "SettleBlocks",
            request: Khach_V1_SettleBlocksRequest.with {
                $0.verdicts = [
                    .with {
                        $0.customerID = "c1"
                        $0.error = "no"
                    }
                ]
                $0.mutation = lan
            }
        ),
        Case(
            line: "customers settle --from -",
            method: "SettleBlocks",
            request: Khach_V1_SettleBlocksRequest.with {
                $0.verdicts = [
                    .with {
                        $0.customerID = "c1"
                        $0.confirmed = true
                    }
                ]
                $0.mutation = lan
            },
            input: #"{"customerId":"c1","confirmed":true}"#
        ),
        Case(
            line: "customers pending --page p1 --limit 5",
            method: "ListPendingBlocks",
            request: Khach_V1_ListPendingBlocksRequest.with {
                $0.pageID = "p1"
                $0.pageSize = 5
            }
        ),
        Case(
            line: "customers address c1 Hue --revision 3",
            method: "UpdateCustomer",
            request: Khach_V1_UpdateCustomerRequest.with {
                $0.id = "c1"
                $0.updateMask.paths = ["address"]
                $0.address = "Hue"
                $0.addressRevision = 3
                $0.mutation = lan
            }
        ),
        Case(
            line: "customers name c1 --clear --revision 3",
            method: "UpdateCustomer",
            request: Khach_V1_UpdateCustomerRequest.with {
                $0.id = "c1"
                $0.updateMask.paths = ["manual_name"]
                $0.manualNameRevision = 3
                $0.mutation = lan
            }
        ),
        Case(
            line: "customers link c1 c2",
            method: "LinkIdentity",
            request: Khach_V1_LinkIdentityRequest.with {
                $0.id = "c1"
                $0.otherID = "c2"
                $0.mutation = lan
            }
        ),
        Case(
            line: "customers link c1 --identity :anon:7",
            method: "LinkIdentity",
            request: Khach_V1_LinkIdentityRequest.with {
                $0.id = "c1"
                $0.identity.externalUserID = "anon:7"
                $0.mutation = lan
            }
        ),
        Case(
            line: "customers erase c1 --yes",
            method: "EraseCustomer",
            request: Khach_V1_EraseCustomerRequest.with {
                $0.id = "c1"
                $0.mutation = lan
            }
        ),
    ]

    static let contacts: [Case] = [
        Case(
            line: "contacts add c1 0912345678",
            method: "AddContactPoint",
            request: Khach_V1_AddContactPointRequest.with {
                $0.id = "c1"
                $0.kind = .phone
                $0.value = "0912345678"
                $0.mutation = lan
            }
        ),
        Case(
            line: "contacts reject c1 an@example.vn",
            method: "RejectContactPoint",
            request: Khach_V1_RejectContactPointRequest.with {
                $0.id = "c1"
                $0.kind = .email
                $0.value = "an@example.vn"
                $0.mutation = lan
            }
        ),
        Case(
            line: "contacts pin c1 x --email",
            method: "PinContactPoint",
            request: Khach_V1_PinContactPointRequest.with {
                $0.id = "c1"
                $0.kind = .email
                $0.value = "x"
                $0.mutation = lan
            }
        ),
        Case(
            line: "contacts unpin c1 0912345678",
            method: "PinContactPoint",
            request: Khach_V1_PinContactPointRequest.with {
                $0.id = "c1"
                $0.kind = .phone
                $0.value = "0912345678"
                $0.unpin = true
                $0.mutation = lan
            }
        ),
        Case(
            line: "contacts explain c1 0912345678",
            method: "ExplainContactPoint",
            request: Khach_V1_ExplainContactPointRequest.with {
                $0.id = "c1"
                $0.kind = .phone
                $0.value = "0912345678"
            }
        ),
        Case(
            line: "contacts redetect --business b1 --accept",
            method: "RedetectContacts",
            request: Khach_V1_RedetectContactsRequest.with {
                $0.businessID = "b1"
                $0.accept = true
                $0.mutation = lan
            }
        ),
        Case(
            line: "audit --business b1 --customer c1 --all",
            method: "ListAuditEntries",
            request: Khach_V1_ListAuditEntriesRequest.with {
                $0.businessID = "b1"
                $0.customerID = "c1"
                $0.pageSize = 1_000
            }
        ),
    ]

    static let directory: [Case] = [
        Case(
            line: "business create Shop --locale en --actor hoa",
            method: "CreateBusiness",
            request: Khach_V1_CreateBusinessRequest.with {
                $0.name = "Shop"
                $0.locale = "en"
                $0.actor = "hoa"
            }
        ),
        Case(
            line: "page create Shop --business b1 --channel facebook --external-id 1",
            method: "CreatePage",
            request: Khach_V1_CreatePageRequest.with {
                $0.businessID = "b1"
                $0.channel = .facebook
                $0.externalPageID = "1"
                $0.name = "Shop"
                $0.actor = "lan"
            }
        ),
        Case(
            line: "business update b1 --time-zone Asia/Tokyo",
            method: "UpdateBusiness",
            request: Khach_V1_UpdateBusinessRequest.with {
                $0.id = "b1"
                $0.timeZone = "Asia/Tokyo"
                $0.actor = "lan"
            }
        ),
        Case(
            line: "page update p1 --own-phone 1 --own-phone 2 --no-own-emails --block-mode gateway",
            method: "UpdatePage",
            request: Khach_V1_UpdatePageRequest.with {
                $0.id = "p1"
                $0.updateMask.paths = ["own_phones", "own_emails", "block_mode"]
                $0.ownPhones = ["1", "2"]
                $0.blockMode = .gateway
                $0.actor = "lan"
            }
        ),
        Case(
            line: "page roles set p1 u=1=ADMIN,EDITOR u2=X",
            method: "SetRoleAccounts",
            request: Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = "p1"
                $0.accounts = [
                    .with {
                        $0.externalUserID = "u=1"
                        $0.roles = ["ADMIN", "EDITOR"]
                    },
                    .with {
                        $0.externalUserID = "u2"
                        $0.roles = ["X"]
                    },
                ]
                $0.actor = "lan"
            }
        ),
        Case(
            line: "page roles set p1 -",
            method: "SetRoleAccounts",
            request: Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = "p1"
                $0.accounts = [
                    .with {
                        $0.externalUserID = "u1"
                        $0.name = "Lan"
                        $0.roles = ["ADMIN"]
                    },
                    .with {
                        $0.externalUserID = "u2"
                        $0.roles = ["X"]
                    },
                ]
                $0.actor = "lan"
            },
            input: "{\"externalUserId\":\"u1\",\"name\":\"Lan\",\"roles\":[\"ADMIN\"]}\nu2=X\n"
        ),
        Case(
            line: "page roles set p1 --none",
            method: "SetRoleAccounts",
            request: Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = "p1"
                $0.actor = "lan"
            }
        ),
        Case(
            line: "page roles list p1",
            method: "ListRoleAccounts",
            request: Khach_V1_ListRoleAccountsRequest.with { $0.pageID = "p1" }
        ),
        Case(
            line: "page capabilities",
            method: "ListBlockCapabilities",
            request: Khach_V1_ListBlockCapabilitiesRequest()
        ),
    ]

    @Test("make this request", arguments: customers + contacts + directory)
    func request(_ example: Case) async throws {
        let server = FakeServer { (_, payload) throws(Status) in FakeServer.outcomes(payload) }
        let status = await server.run(
            example.arguments + ["--output", "json"],
            input: example.input,
            environment: ["KHACH_ACTOR": "lan"]
        )
        #expect(status == 0, "\(server.error)")
        #expect(server.calls.count == 1)
        let call = try #require(server.calls.first)
        #expect(call.path.hasSuffix("/\(example.method)"))
        #expect(call.request == FakeServer.encoded(example.request).bytes)
    }

    static let refusals: [(String, String)] = [
        ("customers block", "ids of customers or --from expected"),
        ("customers block c1 --request-id \(String(repeating: "r", count: 65))", "65 found"),
        ("customers settle c1", "--confirm or --refuse expected with ids"),
        ("customers settle c1 --confirm --error x", "--refuse expected with --error"),
        ("customers settle c1 --confirm --refuse", "refuse"),
        ("customers address c1 x --clear", "a text or --clear expected, both found"),
        ("customers address c1 --revision 1", "with --revision, neither found"),
        ("customers name c1 x --request-id r", "--revision expected with --request-id"),
        ("customers name c1 x --revision one", "one"),
        ("customers link c1", "another customer or --identity expected, neither found"),
        ("customers link c1 c2 --identity :1", "expected, both found"),
        ("customers link c1 --identity 1", "an identity like ASID:1234 or :1234 expected"),
        ("customers link c1 --identity ASID:", "an identity like ASID:1234 or :1234 expected"),
        ("customers erase c1", "--yes expected where nobody can be asked"),
        ("contacts add c1", "value"),
        ("contacts redetect", "--business or KHACH_BUSINESS expected"),
        ("audit --business b1 --limit 2 --all", "--limit or --all expected, both found"),
        ("business update b1", "--name or --time-zone expected"),
        ("page update p1", "at least one change expected"),
        ("page update p1 --own-phone 1 --no-own-phones", "--own-phone or --no-own-phones"),
        ("page update p1 --block-mode remote", "remote"),
        ("page roles set p1", "accounts or --none expected, neither found"),
        ("page roles set p1 u1=A --none", "accounts or --none expected, both found"),
        ("page roles set p1 u1=A u2", "u2 found"),
        ("page roles set p1 u1=A,", "u1=A, found"),
    ]

    @Test("are refused with 64 before any call", arguments: refusals)
    func refuse(_ line: String, _ finding: String) async {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        #expect(await server.run(line.split(separator: " ").map(String.init)) == 64)
        #expect(server.error.contains(finding), "\(server.error)")
        #expect(server.calls.isEmpty)
    }

    static let actors: [(arguments: [String], environment: [String: String], name: String)] = [
        (["--actor", "hoa"], ["KHACH_ACTOR": "lan"], "hoa"), ([], ["KHACH_ACTOR": "lan"], "lan"),
        ([], [:], "login"), ([], ["KHACH_ACTOR": ""], "login"),
    ]

    @Test("are done by --actor, else KHACH_ACTOR, else the login name", arguments: actors)
    func actor(_ arguments: [String], _ environment: [String: String], _ name: String) async throws
    {
        let server = FakeServer { (_, _) throws(Status) in Payload() }
        let line = ["customers", "erase", "c1", "--yes"] + arguments
        #expect(await server.run(line, environment: environment) == 0)
        let call = try #require(server.calls.first)
        let request = try Khach_V1_EraseCustomerRequest(serializedBytes: call.request)
        #expect(request.mutation.actor == name)
    }

    @Test("of more customers than one call takes make several, with a name each")
    func batches() async throws {
        let server = FakeServer { (_, payload) throws(Status) in FakeServer.outcomes(payload) }
        let ids = (1...2_001).map { "c\($0)\n" }.joined()
        let line = ["customers", "block", "--from", "-", "--request-id", "r", "--output", "jsonl"]
        #expect(await server.run(line, input: ids) == 0)
        let requests = try server.calls.map {
            try Khach_V1_BlockCustomersRequest(serializedBytes: $0.request)
        }
        #expect(requests.map(\.ids.count) == [1_000, 1_000, 1])
        #expect(requests.map(\.mutation.requestID) == ["r", "r/2", "r/3"])
        #expect(server.out.split(separator: "\n").count == 2_001)
    }

    @Test("without --revision a save is made against the revision that was read")
    func revision() async throws {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("GetCustomer") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_GetCustomerResponse.with { $0.customer.address.editRevision = 7 }
            )
        }
        let line = ["customers", "address", "c1", "Hue", "--output", "json"]
        #expect(await server.run(line) == 0)
        #expect(server.calls.count == 2)
        let call = try #require(server.calls.last)
        let request = try Khach_V1_UpdateCustomerRequest(serializedBytes: call.request)
        #expect(request.addressRevision == 7)
    }

    static let answers: [(answer: String, status: Int32, erases: Bool)] = [
        ("yes", 0, true), ("y", 1, false), ("", 1, false),
    ]

    @Test("an erasure asks on a terminal, and only yes is yes", arguments: answers)
    func ask(_ answer: String, _ status: Int32, _ erases: Bool) async {
        let server = FakeServer { (path, _) throws(Status) in
            guard path.hasSuffix("GetCustomer") else { return Payload() }

            return FakeServer.encoded(
                Khach_V1_GetCustomerResponse.with {
                    $0.customer.id = "c1"
                    $0.customer.name = "Lan\u{1B}[2J"
                }
            )
        }
        #expect(await server.run(["customers", "erase", "c1"], answer: answer) == status)
        #expect(server.error.hasPrefix("Erase c1, Lan [2J, for good? Type yes to go on: "))
        #expect(server.calls.contains { $0.path.hasSuffix("EraseCustomer") } == erases)
    }
}

extension FakeServer {
    /// A response of `BlockCustomers` and its like: each item of the first field was done.
    ///
    /// Verdicts stand where ids do, and are counted as such; the bytes of other requests mean
    /// nothing here, and their answer is empty.
    static func outcomes(_ request: Payload) -> Payload {
        guard let block = try? Khach_V1_BlockCustomersRequest(serializedBytes: request) else {
            return Payload()
        }

        return self.encoded(
            Khach_V1_BlockCustomersResponse.with {
                $0.outcomes = block.ids.map { _ in .with { $0.result = .done } }
            }
        )
    }
}
