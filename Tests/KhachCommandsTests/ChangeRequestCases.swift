internal import KhachProto
internal import KhachRPC
internal import SwiftProtobuf

/// Command lines that change something, and the request that each makes.
extension ChangeRequestTests {
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
}
