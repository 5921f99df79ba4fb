internal import KhachProto
internal import SwiftProtobuf

/// The texts of businesses and pages.
extension TextField {
    static let directory: [TextField] = [
        TextField(
            method: directory("CreateBusiness"),
            field: "name",
            nul: .accepted,
            invisible: .accepted
        ) { _, text in Khach_V1_CreateBusinessRequest.with { $0.name = text } },
        TextField(
            method: directory("CreateBusiness"),
            field: "time_zone",
            nul: .refused,
            invisible: .refused,
            text: { _ in "Asia/Bangkok" }
        ) { _, text in
            Khach_V1_CreateBusinessRequest.with {
                $0.name = "An"
                $0.timeZone = text
            }
        },
        TextField(
            method: directory("CreateBusiness"),
            field: "actor",
            nul: .refused,
            invisible: .accepted
        ) { _, text in
            Khach_V1_CreateBusinessRequest.with {
                $0.name = "An"
                $0.actor = text
            }
        },
        TextField(
            method: directory("UpdateBusiness"),
            field: "time_zone",
            nul: .refused,
            invisible: .refused,
            text: { _ in "Asia/Bangkok" }
        ) { shop, text in
            Khach_V1_UpdateBusinessRequest.with {
                $0.id = shop.business
                $0.actor = "lan"
                $0.timeZone = text
            }
        },
        TextField(
            method: directory("CreatePage"),
            field: "external_page_id",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_CreatePageRequest.with {
                $0.businessID = shop.business
                $0.channel = .facebook
                $0.externalPageID = text
                $0.name = "An"
            }
        },
        TextField(
            method: directory("CreatePage"),
            field: "actor",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_CreatePageRequest.with {
                $0.businessID = shop.business
                $0.channel = .facebook
                $0.externalPageID = "another"
                $0.name = "An"
                $0.actor = text
            }
        },
        TextField(
            method: directory("UpdatePage"),
            field: "own_phones[1]",
            nul: .refused,
            invisible: .accepted,
            text: { _ in "0912345678" }
        ) { shop, text in
            Khach_V1_UpdatePageRequest.with {
                $0.id = shop.page
                $0.actor = "lan"
                $0.updateMask.paths = ["own_phones"]
                $0.ownPhones = ["0987654321", text]
            }
        },
        TextField(
            method: directory("SetRoleAccounts"),
            field: "accounts[1].roles[0]",
            nul: .refused,
            invisible: .accepted
        ) { shop, text in
            Khach_V1_SetRoleAccountsRequest.with {
                $0.pageID = shop.page
                $0.actor = "lan"
                $0.accounts = [
                    .with { $0.externalUserID = "a" },
                    .with {
                        $0.externalUserID = "b"
                        $0.roles = [text]
                    },
                ]
            }
        },
        TextField(
            method: directory("ListRoleAccounts"),
            field: "page_id",
            nul: .refused,
            invisible: .refused,
            text: { $0.page }
        ) { _, text in Khach_V1_ListRoleAccountsRequest.with { $0.pageID = text } },
    ]
}
